"""Before a server listens: nobody else holds its file, the tables are there, they know its secret, each line its token."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from sessionhours.config import ENVIRONMENT, Config, Settings
from sessionhours.core.keys import Keys
from sessionhours.errors import ConfigFaults, Fault, NotStored
from sessionhours.store.database import Database
from sessionhours.store.engines import writer
from sessionhours.store.installation import knows_secret
from sessionhours.store.lock import folder_of, hold
from sessionhours.store.migrate import migrate

SECRET = "SESSIONHOURS_SECRET_KEY"


def make_ready(config: Config, *, new_secret: bool = False) -> None:
    """Do what can keep a server from starting, so that it is told in a sentence.

    ``new_secret`` lets this secret follow another. Raises `DatabaseInUse`, `NewerTables`, `NotStored`, `ConfigFaults`.
    """
    url = config.settings.database_url
    with within_reach(), hold(url):
        engine = writer(url)
        try:
            open_tables(engine, config, new_secret=new_secret)
        finally:
            engine.dispose()


def open_tables(engine: Engine, config: Config, *, new_secret: bool = False) -> None:
    """Bring the tables up to date. Raises `ConfigFaults` where they were filled with another secret.

    Two processes with two secrets would not recognise what the other has answered, and answer it again.
    """
    migrate(engine)
    keys = Keys(config.secret_key.get_secret_value().encode())
    if not knows_secret(engine, keys.fingerprint, renew=new_secret):
        raise ConfigFaults((_other_secret(config),))


def opened(settings: Settings) -> Database:
    """The database beside or before a server, with its tables; its writer is not started."""
    folder_of(settings.database_url)
    database = Database(settings.database_url)
    try:
        migrate(database.writer)
    except BaseException:
        database.close()
        raise
    return database


@contextlib.contextmanager
def within_reach() -> Iterator[None]:
    """Raises `NotStored`, in a sentence, where the database cannot be opened or is something else."""
    try:
        yield
    except DBAPIError as error:
        raise NotStored(f"The database cannot be used: {' '.join(str(error.orig).split())}") from None
    except ImportError:
        raise NotStored("PostgreSQL needs its driver: pip install 'sessionhours[postgres]'") from None
    except OSError as error:
        raise NotStored(f"The database cannot be used: {error.filename}: {error.strerror}") from None


def _other_secret(config: Config) -> Fault:
    settings = config.settings
    place = "set here" if settings.secret_key else f"in {settings.data_dir / 'secret_key'}"
    why = f"the one {place} is not the one that this database knows its messages by"
    allowed = (
        "the one of every other process on this database, as it was before"
        " | a new one on purpose, once: serve --new-secret-key (see README)"
    )
    return Fault(ENVIRONMENT, None, SECRET, why, allowed)


class Tokens(Mapping[str, str]):
    """Access tokens by phone_number_id, read at each call."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __getitem__(self, phone_number_id: str) -> str:
        for schedule in self._config.source.schedules:
            line = schedule.by_phone_number_id(phone_number_id)
            token = self._config.token(line) if line else None
            if token is not None:
                return token.get_secret_value()
        raise KeyError(phone_number_id)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (line.phone_number_id for schedule in self._config.source.schedules for line in schedule.lines)

    def __len__(self) -> int:
        return sum(len(schedule.lines) for schedule in self._config.source.schedules)

"""Environment and schedule files to frozen values; every fault is reported at once (surfaces §1 to §3)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from sessionhours import config_checks as checks
from sessionhours.core.letter import Mailbox, mailbox, sender
from sessionhours.core.schedule import Line, Schedule
from sessionhours.errors import ConfigFaults, Fault
from sessionhours.schedulefile_source import Reload, ScheduleSource, load_schedule, load_schedules
from sessionhours.schedulefile_text import read_bytes
from sessionhours.schedulefile_view import check_lines, next_rows, preset_names, preset_text
from sessionhours.schedulefile_why import Wrong

__all__ = [
    "Config",
    "Reload",
    "ScheduleSource",
    "Settings",
    "check_lines",
    "load_config",
    "load_schedule",
    "load_schedules",
    "load_settings",
    "next_rows",
    "preset_names",
    "preset_text",
]

ENVIRONMENT = "environment"  # what faults call the file that a setting stands in
KEY_BYTES = 32

T = TypeVar("T")


class Settings(BaseSettings):
    """The environment (surfaces §2). Each variable may also be NAME_FILE; secrets never show in a repr."""

    model_config = SettingsConfigDict(
        frozen=True, validate_default=False, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(default=Path("data"), validation_alias="SESSIONHOURS_DATA_DIR")
    database_url: Annotated[str, AfterValidator(checks.database)] = Field(
        default_factory=lambda given: f"sqlite:///{given.get('data_dir', 'data')}/sessionhours.db",
        validation_alias="SESSIONHOURS_DATABASE_URL",
    )
    public_url: Annotated[str, AfterValidator(checks.origin)] | None = Field(
        default=None, validation_alias="SESSIONHOURS_PUBLIC_URL"
    )
    secret_key: Annotated[SecretStr, AfterValidator(checks.key)] | None = Field(
        default=None, validation_alias="SESSIONHOURS_SECRET_KEY"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(checks.proxies)] = Field(
        default=(), validation_alias="SESSIONHOURS_TRUSTED_PROXIES"
    )
    smtp_url: Annotated[SecretStr, AfterValidator(checks.smtp)] | None = Field(
        default=None, validation_alias="SESSIONHOURS_SMTP_URL"
    )
    mail_from: Annotated[str, AfterValidator(checks.mail_from)] | None = Field(
        default=None, validation_alias="SESSIONHOURS_MAIL_FROM"
    )
    log: Annotated[str, AfterValidator(checks.style)] = Field(
        default="console", validation_alias="SESSIONHOURS_LOG"
    )
    access_token: checks.Word | None = Field(default=None, validation_alias="WHATSAPP_ACCESS_TOKEN")
    app_secrets: Annotated[tuple[checks.Word, ...], NoDecode, BeforeValidator(checks.one_or_two)] = Field(
        default=(), validation_alias="WHATSAPP_APP_SECRET"
    )
    verify_token: checks.Word | None = Field(default=None, validation_alias="WHATSAPP_VERIFY_TOKEN")
    graph_url: Annotated[str, AfterValidator(checks.web)] = Field(
        default="https://graph.facebook.com/v26.0", validation_alias="WHATSAPP_GRAPH_URL"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed: `load_settings` reads the environment, so that NAME_FILE has the same rank."""
        return (init_settings,)


@dataclass(frozen=True)
class Config:
    """Everything the server is told from outside."""

    settings: Settings
    secret_key: SecretStr
    source: ScheduleSource
    variables: Mapping[str, SecretStr]  # those that lines name for their own token and secret

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The towns' standing plans as they hold now."""
        return self.source.schedules

    @property
    def app_secrets(self) -> tuple[SecretStr, ...]:
        """Every secret that a webhook may be signed with: the app's one or two, and the lines' own."""
        return (*self.settings.app_secrets, *self._own("secret_env"))

    @property
    def mailbox(self) -> Mailbox | None:
        """Where mail to staff is handed in; None where nobody set that up."""
        url = self.settings.smtp_url
        return None if url is None else mailbox(url.get_secret_value())

    @property
    def sender(self) -> tuple[str, str] | None:
        """Whom mail to staff is from: name and address."""
        return None if self.settings.mail_from is None else sender(self.settings.mail_from)

    def token(self, line: Line) -> SecretStr | None:
        """The access token that this line sends with; None when its variable is not there."""
        return self.variables.get(line.token_env) if line.token_env else self.settings.access_token

    def _own(self, field: str) -> tuple[SecretStr, ...]:
        names = {getattr(line, field) for schedule in self.schedules for line in schedule.lines}
        return tuple(self.variables[name] for name in sorted(names & self.variables.keys()))


def load_config(schedule: Path | str, environ: Mapping[str, str] = os.environ) -> Config:
    """Settings and schedules, ready to start: data folder of mode 0700, secret key made if there is none.

    Raises errors.ConfigFaults with every fault of the environment and of the schedule files together.
    """
    faults: list[Fault] = []
    source = _or_faults(faults, lambda: ScheduleSource(schedule))
    settings = _or_faults(faults, lambda: load_settings(environ))
    lines = [line for each in source.schedules for line in each.lines] if source else []
    variables = _variables(lines, environ, faults)
    faults += _absent(environ, lines)
    if settings is None or source is None or faults:
        raise ConfigFaults(tuple(faults))
    return Config(settings, _secret_key(settings), source, variables)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment, each also from the file that NAME_FILE names. Raises ConfigFaults."""
    faults: list[Fault] = []
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    found = {name: _variable(name, environ, faults) for name in sorted(names)}
    given: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as wrong:
        raise ConfigFaults((*faults, *map(_fault, wrong.errors(include_input=False)))) from None
    if settings.smtp_url is not None and settings.mail_from is None:
        name = "SESSIONHOURS_MAIL_FROM"
        faults.append(
            Fault(ENVIRONMENT, None, name, "is missing, and SESSIONHOURS_SMTP_URL is set", "ADDRESS")
        )
    if faults:
        raise ConfigFaults(tuple(faults))
    return settings


def _variable(name: str, environ: Mapping[str, str], faults: list[Fault]) -> str | None:
    """A variable, or what stands in the file that NAME_FILE names; an empty one counts as not there."""
    plain, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if plain and file:
        faults.append(Fault(ENVIRONMENT, None, name, f"is set, and so is {name}_FILE", "one of them"))
    if not file:
        return plain or None
    try:
        content = read_bytes(Path(file)).decode().strip()
    except (Wrong, UnicodeDecodeError) as wrong:
        why = wrong.values.get("why", wrong.code) if isinstance(wrong, Wrong) else "not UTF-8"
        faults.append(Fault(ENVIRONMENT, None, f"{name}_FILE", f"{file} cannot be read ({why})"))
        return None
    if not content:
        faults.append(Fault(ENVIRONMENT, None, f"{name}_FILE", f"{file} is empty"))
    return content or None


def _variables(lines: list[Line], environ: Mapping[str, str], faults: list[Fault]) -> dict[str, SecretStr]:
    names = sorted({name for line in lines for name in (line.token_env, line.secret_env) if name})
    found: dict[str, SecretStr] = {}
    for name in names:
        if value := _variable(name, environ, faults):
            found[name] = SecretStr(value)
        else:
            faults.append(Fault(ENVIRONMENT, None, name, "is missing, and a line names it", "SECRET"))
    return found


def _absent(environ: Mapping[str, str], lines: list[Line]) -> list[Fault]:
    """What somebody has to set before this server can listen and send."""
    wanted = (
        (
            "WHATSAPP_ACCESS_TOKEN",
            "the token of the system user at Meta",
            not lines or any(not line.token_env for line in lines),
        ),
        (
            "WHATSAPP_APP_SECRET",
            "the secret of the app at Meta",
            not lines or any(not line.secret_env for line in lines),
        ),
        ("WHATSAPP_VERIFY_TOKEN", "a word of your own, entered at Meta with the webhook", True),
    )
    given = {name.removesuffix("_FILE") for name, value in environ.items() if value.strip()}
    return [
        Fault(ENVIRONMENT, None, name, "is missing", allowed)
        for name, allowed, needed in wanted
        if needed and name not in given
    ]


def _or_faults(faults: list[Fault], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigFaults as wrong:
        faults += wrong.faults
        return None


def _fault(error: ErrorDetails) -> Fault:
    context = error.get("ctx", {})
    return Fault(ENVIRONMENT, None, str(error["loc"][0]), str(error["msg"]), str(context.get("allowed", "")))


def _secret_key(settings: Settings) -> SecretStr:
    """The key of the environment, else the one in the data folder, made at the first start."""
    folder = _data_folder(settings.data_dir)
    if settings.secret_key is not None:
        return settings.secret_key
    file = folder / "secret_key"
    try:
        if not file.exists():
            _make_key(file)
        key = SecretStr(read_bytes(file).decode("ascii").strip())
    except (OSError, UnicodeDecodeError, Wrong) as wrong:
        raise _unusable("SESSIONHOURS_SECRET_KEY", file, wrong) from None
    if len(key.get_secret_value()) < checks.LEAST_KEY:
        raise _unusable("SESSIONHOURS_SECRET_KEY", file, "too short")
    return key


def _make_key(file: Path) -> None:
    """Written aside and linked into place: a process that dies, or a second one, leaves one whole key."""
    aside = file.with_name(f".secret_key.{os.getpid()}")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secrets.token_urlsafe(KEY_BYTES))
        opened.flush()
        os.fsync(descriptor)
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def _data_folder(folder: Path) -> Path:
    """The data folder, there and closed to everybody else."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o777 != 0o700:
            folder.chmod(0o700)
    except OSError as wrong:
        raise _unusable("SESSIONHOURS_DATA_DIR", folder, wrong) from None
    return folder


def _unusable(name: str, path: Path, why: object) -> ConfigFaults:
    shown = why.strerror if isinstance(why, OSError) else why
    return ConfigFaults((Fault(ENVIRONMENT, None, name, f"{path} cannot be used ({shown})"),))

"""What holds for the whole database, whoever serves it."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sessionhours.store.tables import Installation


def knows_secret(engine: Engine, fingerprint: str, *, renew: bool = False) -> bool:
    """Are this database's keyed hashes made with the secret of this fingerprint? The first one that comes is kept.

    ``renew`` puts this one in the place of the one before.
    """
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    first = dialect.insert(Installation).values(id=1, secret=fingerprint)
    if renew:
        statement = first.on_conflict_do_update(index_elements=["id"], set_={"secret": fingerprint})
    else:
        statement = first.on_conflict_do_nothing()
    with Session(engine) as session:
        session.execute(statement)
        kept = session.exec(select(col(Installation.secret))).one()
        session.commit()
    return kept == fingerprint

"""Alembic's entry: it is handed an open connection and runs everything in one transaction."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import sessionhours.store.tables  # noqa: F401  (their metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()

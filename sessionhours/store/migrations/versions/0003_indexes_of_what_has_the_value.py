"""Indexes of what has the value: nearly every message has none of these, and what came is found by its arrival"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SPARSE = {
    "wamid_key": ("message_wamid", "direction = 'outbound'"),
    "target_key": ("message_target", "target_key IS NOT NULL"),
    "attempt": ("message_attempt", "attempt IS NOT NULL"),
}


def upgrade() -> None:
    op.drop_index("ix_arrival_contact_key", table_name="arrival")
    for column, (name, which) in SPARSE.items():
        op.drop_index(f"ix_message_{column}", table_name="message")
        where = sa.text(which)
        op.create_index(name, "message", [column], sqlite_where=where, postgresql_where=where)

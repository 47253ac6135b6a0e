"""Since when a session is told of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("session", sa.Column("announced_at", sa.BigInteger(), nullable=False, server_default="0"))

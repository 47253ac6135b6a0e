"""The life of a session"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("carried_since", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("template", sa.Text(), nullable=True))
    op.add_column("conversation", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conversation", sa.Column("outcome_detail", sa.Text(), nullable=False, server_default=""))
    _session()
    _outcome()
    _plan_entry()
    _mail()
    _template()
    _usage()
    _offered()


def _session() -> None:
    for name, kind, default in (
        ("uid", sa.String(), ""),
        ("revision", sa.Integer(), "0"),
        ("updated_at", sa.BigInteger(), "0"),
        ("moved_from", sa.BigInteger(), None),
        ("file_opens", sa.BigInteger(), None),
        ("file_closes", sa.BigInteger(), None),
        ("reason", sa.Text(), ""),
        ("replaced_by", sa.String(), None),
        ("late_until", sa.BigInteger(), None),
        ("deputy", sa.Text(), ""),
        ("extended", sa.Integer(), "0"),
        ("last_called_at", sa.BigInteger(), None),
        ("pace", sa.Integer(), None),
        ("published", sa.Text(), None),
        ("checked", sa.Text(), None),
        ("roll", sa.Text(), None),
    ):
        op.add_column("session", sa.Column(name, kind, nullable=default is None, server_default=default))
    op.execute("UPDATE session SET uid = coalesce(occurrence, id)")


def _outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("date", sa.String(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session", "conversation"),
    )
    op.create_index("ix_outcome_conversation", "outcome", ["conversation"])


def _plan_entry() -> None:
    op.create_table(
        "plan_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("town", "line", "kind", "key"),
    )


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("town", "key", "recipient"),
    )
    op.create_index("mail_due", "mail", ["state", "due_at"])


def _template() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("meta_id", sa.String(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("town", "line", "name", "language"),
    )


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("town", "line", "month", "category"),
    )


def _offered() -> None:
    op.create_table(
        "offered",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("user_key", sa.String(), nullable=True),
        sa.Column("phone_key", sa.String(), nullable=True),
        sa.Column("arrival", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("keeps", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("offered_age", "offered", ["expires_at"])
    op.create_index("offered_line", "offered", ["town", "line"])

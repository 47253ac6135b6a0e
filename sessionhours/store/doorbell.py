"""The doorbell between processes on PostgreSQL: NOTIFY says that something was committed, never what (fault F77).

A lost ring is only a wait until the next look (fault F19).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import make_url

CHANNEL = "sessionhours"


async def listen(url: str, ring: Callable[[], None]) -> None:
    """Ring at every commit of any process, for ever. Raises what the connection raises; call it again then."""
    from psycopg import AsyncConnection

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await AsyncConnection.connect(plain, autocommit=True) as connection:
        await connection.execute(f"listen {CHANNEL}")
        async for _ in connection.notifies():
            ring()

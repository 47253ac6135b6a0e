"""What we are compared with: the same task with less in it, or done by somebody else."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pywa_async.client import WhatsApp
from pywa_async.handlers import MessageHandler
from pywa_async.types.message import Message
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.server import ServerConnection, serve
from websockets.asyncio.server import broadcast as broadcast_to

from bench.citizens import APP_SECRET, PATH, PHONE_NUMBER_ID, VERIFY_TOKEN
from sessionhours.whatsapp.signature import BadSignature, Verifier


def bare() -> Starlette:
    """A Starlette route that verifies the same signature and stores nothing."""
    verifier = Verifier([APP_SECRET])

    async def update(request: Request) -> Response:
        try:
            verifier.verify(await request.body(), request.headers.get("x-hub-signature-256"))
        except BadSignature:
            return Response(status_code=403)
        return Response()

    return Starlette(routes=[Route(PATH, update, methods=["POST"])])


def pywa() -> Starlette:
    """pywa on Starlette, with a handler that does nothing: it verifies, parses and stores nothing."""
    app = Starlette()
    options: dict[str, Any] = {"server": app, "webhook_endpoint": PATH, "verify_token": VERIFY_TOKEN}
    client = WhatsApp(phone_id=PHONE_NUMBER_ID, token="invented", app_secret=APP_SECRET, **options)

    async def nothing(client: Any, message: Message) -> None:
        """Nothing."""

    client.add_handlers(MessageHandler(nothing))
    return app


def synced(folder: Path) -> Starlette:
    """The least that keeps and tells: the body synced to disk, a second sync for what follows from it, bare sends."""
    descriptor = os.open(folder / "synced", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    sockets: set[WebSocket] = set()

    async def update(request: Request) -> Response:
        body = await request.body()
        for _ in range(2):
            os.write(descriptor, body)
            os.fdatasync(descriptor)
        text = body.decode()
        for listener in sockets:
            await listener._send({"type": "websocket.send", "text": text})
        return Response()

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        sockets.add(socket)
        try:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
        finally:
            sockets.discard(socket)

    return Starlette(routes=[Route(PATH, update, methods=["POST"]), WebSocketRoute("/api/live", live)])


async def broadcast(
    listener: socket.socket,
    control: socket.socket,
    serve_control: Callable[[socket.socket, Callable[[int], Awaitable[None]]], Awaitable[None]],
) -> None:
    """The websockets library's own server and its own broadcast, of one frame that is ready."""
    from bench.serve import FIRST, PADDING

    async def live(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(live, sock=listener, compression=None) as server:
        frame = f'{{"type":"event","seq":{FIRST},"name":"message.created","at":"2027-01-15T08:00:00.000Z","data":{PADDING}}}'

        async def tell(count: int) -> None:
            for _ in range(count):
                broadcast_to(server.connections, frame)
                await asyncio.sleep(0)

        await serve_control(control, tell)
        await server.serve_forever()

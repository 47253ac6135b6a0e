"""Speaking with the Graph API: sending, read marks, files (contract §5, §6); one client for all lines.

Nothing here retries: each call is one try, and its outcome says what may be done next.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

import httpx
import msgspec

from sessionhours.core.delivery import MediaGone, Outcome, Outgoing, Rejected
from sessionhours.core.failures import MediaRefused
from sessionhours.core.message import Failure
from sessionhours.core.preflight import NumberState
from sessionhours.core.templates import Blueprint, Known, NotTaken
from sessionhours.whatsapp import media, numbers, outcomes, templates, wire

#: Seconds for each phase. Those before the first byte are shorter than ``DEADLINE`` together: a deadline that
#: struck while connecting would hide that nothing was sent.
TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=5.0)

#: Few connections, given up before Graph gives them up: a dead one makes a send unclear (F54).
LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=5.0)

#: Seconds that one send may take in all, and one file (F55).
DEADLINE = 20.0
MEDIA_DEADLINE = 60.0

#: The longest answer in JSON that is read.
LONGEST_ANSWER = 256 * 1024

#: Codes of "no such file" (contract §8.2).
GONE = frozenset({100, 803})


class GraphClient:
    """Sends for every line that ``credentials`` knows: access tokens by phone_number_id.

    The mapping is read at each call, so a renewed token works at once. ``graph_url`` includes the version and
    is https, or http on this machine (a simulator); another one raises ``ValueError``. ``transport`` replaces
    the network, for tests. Is a ``core.delivery.Sender``, a ``core.delivery.MediaSource``, a
    ``core.templates.Registry`` and a ``core.preflight.NumberSource``.
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        *,
        graph_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        deadline: float = DEADLINE,
        media_deadline: float = MEDIA_DEADLINE,
        largest_file: int = media.LARGEST,
    ) -> None:
        self._credentials = credentials
        self._graph = _checked(graph_url)
        self._deadline = deadline
        self._media_deadline = media_deadline
        self._largest_file = largest_file
        self._http = httpx.AsyncClient(
            transport=transport,
            limits=LIMITS,
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
            # Not compressed, and read raw: what comes is as long as what is kept (C54).
            headers={"User-Agent": "sessionhours", "Accept-Encoding": "identity"},
        )

    def __repr__(self) -> str:
        return f"<GraphClient {self._graph} for {len(self._credentials)} lines>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def send(self, outgoing: Outgoing, *, tries: int) -> Outcome:
        """Send once; ``tries`` counts the earlier ones. Without a token it is as if Meta had refused it."""
        if self._token(outgoing.phone_number_id) is None:
            return Rejected(Failure(190, "no access token for this line"), stop=True)
        try:
            status, answer = await self._post_message(outgoing.phone_number_id, body_of(outgoing))
        except UnicodeEncodeError:
            return Rejected(Failure(100, "the text holds half a character"))
        except (httpx.HTTPError, TimeoutError) as error:
            return outcomes.of_fault(error, outgoing.attempt, tries)
        return outcomes.of_answer(status, answer, outgoing.attempt, tries)

    async def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool) -> bool:
        """Tell the citizen that this message and those before it are read; False when it did not work."""
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        if self._token(phone_number_id) is None:
            return False
        try:
            status, _ = await self._post_message(phone_number_id, body)
        except (httpx.HTTPError, TimeoutError):
            return False
        return status == 200

    async def fetch(self, phone_number_id: str, meta_id: str) -> tuple[bytes, str]:
        """The file and its claimed type. An address that has expired is looked up once more (F79).

        Raises ``MediaGone`` when trying again cannot help, ``OSError`` when it can.
        """
        try:
            async with asyncio.timeout(self._media_deadline):
                for _ in range(2):
                    file = await self._look_up(phone_number_id, meta_id)
                    data = await self._download(phone_number_id, file)
                    if data is not None:
                        return data, file.mime_type
        except httpx.HTTPError as error:
            raise OSError(f"the file did not come: {type(error).__name__}") from None
        raise MediaGone("its address is dead as soon as it is given")

    async def upload_media(self, phone_number_id: str, data: bytes, mime: str, filename: str = "file") -> str:
        """Give a file to Meta and get its id, good for 30 days.

        Raises ``core.failures.MediaRefused`` when Meta will not have it, ``OSError`` when a retry may help.
        """
        try:
            async with asyncio.timeout(self._media_deadline):
                status, answer = await self._exchange(
                    phone_number_id,
                    "POST",
                    self._url(phone_number_id, "media"),
                    data={"messaging_product": "whatsapp", "type": mime},
                    files={"file": (filename, data, mime)},
                )
        except httpx.HTTPError as error:
            raise OSError(f"the file did not go: {type(error).__name__}") from None
        told = outcomes.object_of(answer)
        media_id = wire.ident(told.get("id"))
        if status == 200 and media_id:
            return media_id
        failure = outcomes.failure_of(told)
        # What stops the whole line (an expired token) says nothing of the file.
        if failure and outcomes.of_failure(status, failure, "", 0) == Rejected(failure):
            raise MediaRefused(failure)
        raise OSError(f"the file did not go: HTTP {status}")

    async def templates(self, phone_number_id: str, account: str, name: str) -> list[Known]:
        """The business account's templates of this name, in every language. Raises `NotTaken`, ``OSError``."""
        found: list[Known] = []
        asked = {"name": name, "fields": templates.FIELDS, "limit": str(templates.PAGE)}
        for _ in range(templates.MOST_PAGES):
            answer = await self._manage(phone_number_id, "GET", account, params=asked)
            found += [one for one in templates.listed(answer) if one.name == name]
            following = templates.after(answer)
            if following is None:
                break
            asked = {**asked, "after": following}
        return found

    async def create_template(self, phone_number_id: str, account: str, blueprint: Blueprint) -> Known:
        """Hand a text in for approval. Raises `NotTaken`, ``OSError``."""
        answer = await self._manage(
            phone_number_id,
            "POST",
            account,
            content=msgspec.json.encode(templates.body_of(blueprint)),
            headers={"Content-Type": "application/json"},
        )
        made = templates.made(answer, blueprint)
        if made is None:
            raise OSError("Graph does not say what became of the template")
        return made

    async def _manage(
        self, phone_number_id: str, method: str, account: str, **request: Any
    ) -> dict[str, Any]:
        """One call about the account's templates. Only what Graph itself refuses for good is `NotTaken`."""
        if self._token(phone_number_id) is None:
            raise NotTaken(Failure(190, "no access token for this line"))
        try:
            async with asyncio.timeout(self._deadline):
                status, body = await self._exchange(
                    phone_number_id, method, self._url(account, "message_templates"), **request
                )
        except httpx.HTTPError as error:
            raise OSError(f"Graph was not reached: {type(error).__name__}") from None
        answer = outcomes.object_of(body)
        failure = outcomes.failure_of(answer)
        if failure and isinstance(outcomes.of_failure(status, failure, "", 0), Rejected):
            raise NotTaken(failure)
        if status != 200:
            raise OSError(f"Graph answered HTTP {status}")
        return answer

    async def number_state(self, phone_number_id: str) -> NumberState:
        """What Meta says of a number, and what time it is there; see `core.preflight.NumberSource`."""
        if self._token(phone_number_id) is None:
            return NumberState(failure=Failure(190, "no access token for this line"))
        seen: list[httpx.Headers] = []
        try:
            async with asyncio.timeout(self._deadline):
                status, answer = await self._exchange(
                    phone_number_id,
                    "GET",
                    self._url(phone_number_id),
                    params={"fields": numbers.FIELDS},
                    seen=seen.append,
                )
        except (httpx.HTTPError, TimeoutError):
            return NumberState(reached=False)
        return numbers.state_of(status, answer, seen[0].get("date"))

    async def _post_message(self, phone_number_id: str, body: dict[str, Any]) -> tuple[int, bytes]:
        async with asyncio.timeout(self._deadline):
            return await self._exchange(
                phone_number_id,
                "POST",
                self._url(phone_number_id, "messages"),
                content=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            )

    async def _look_up(self, phone_number_id: str, meta_id: str) -> media.Node:
        if not meta_id.strip("."):
            raise MediaGone("no id of a file")
        status, answer = await self._exchange(
            phone_number_id, "GET", self._url(meta_id), params={"phone_number_id": phone_number_id}
        )
        told = outcomes.object_of(answer)
        failure = outcomes.failure_of(told)
        if status == 404 or (failure and failure.code in GONE):
            raise MediaGone(f"Meta does not have it any more (HTTP {status})")
        file = media.node(told)
        if status != 200 or file is None:
            raise OSError(f"the file cannot be looked up: HTTP {status}")
        return file

    async def _download(self, phone_number_id: str, file: media.Node) -> bytes | None:
        """The file's bytes; None when its address has expired."""
        url = media.permitted(file.url, self._graph)
        if url is None:
            raise MediaGone("its address is not one of Meta's")
        if file.size is not None and file.size > self._largest_file:
            raise MediaGone("it is too large")
        try:
            status, data = await self._exchange(phone_number_id, "GET", url, cap=self._largest_file)
        except TooLong:
            raise MediaGone("it is too large") from None
        if status == 404:
            return None
        if status != 200:
            raise OSError(f"the file cannot be fetched: HTTP {status}")
        if not media.whole(data, file):
            raise OSError("the file did not come whole")
        return data

    async def _exchange(
        self,
        phone_number_id: str,
        method: str,
        url: httpx.URL,
        *,
        headers: Mapping[str, str] = {},
        cap: int = LONGEST_ANSWER,
        seen: Callable[[httpx.Headers], None] = lambda headers: None,
        **request: Any,
    ) -> tuple[int, bytes]:
        """One request with the line's token: status and body; ``seen`` is told the headers. Raises ``TooLong`` past
        ``cap`` bytes."""
        token = self._token(phone_number_id)
        if token is None:
            raise OSError("no access token for this line")
        signed = {**headers, "Authorization": f"Bearer {token}"}
        async with self._http.stream(method, url, headers=signed, **request) as response:
            seen(response.headers)
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > cap:
                    raise TooLong("the answer is too long")
            return response.status_code, bytes(body)

    def _token(self, phone_number_id: str) -> str | None:
        """The line's token; None for none, and for one that cannot stand in a header."""
        token = self._credentials.get(phone_number_id, "").strip()
        return token if token.isascii() and token.isprintable() and token else None

    def _url(self, *path: str) -> httpx.URL:
        return httpx.URL("/".join([str(self._graph), *(quote(part, safe="") for part in path)]))


class TooLong(httpx.ReadError):
    """The peer sends more than we are ready to keep."""


def body_of(outgoing: Outgoing) -> dict[str, Any]:
    """The JSON of a send (contract §5): to the BSUID where it is known, else to the phone number."""
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    body |= {"recipient": outgoing.user_id} if outgoing.user_id else {"to": outgoing.phone}
    body |= {"type": outgoing.kind, outgoing.kind: _content(outgoing)}
    if outgoing.reply_to and outgoing.kind != "reaction":
        body["context"] = {"message_id": outgoing.reply_to}
    return body | {"biz_opaque_callback_data": outgoing.attempt}


def _content(outgoing: Outgoing) -> dict[str, Any]:
    match outgoing.kind:
        case "text":
            return {"body": outgoing.text, "preview_url": False}
        case "reaction":
            return {"message_id": outgoing.target, "emoji": outgoing.emoji or ""}
        case "template":
            return _template(outgoing)
        case "image" | "document":
            name = outgoing.filename if outgoing.kind == "document" else None
            given = {"id": outgoing.media_id, "caption": outgoing.text, "filename": name}
            return {key: value for key, value in given.items() if value}


def _template(outgoing: Outgoing) -> dict[str, Any]:
    content: dict[str, Any] = {"name": outgoing.template, "language": {"code": outgoing.language}}
    if outgoing.parameters:
        parameters = [{"type": "text", "text": value} for value in outgoing.parameters]
        content["components"] = [{"type": "body", "parameters": parameters}]
    return content


def _checked(graph_url: str) -> httpx.URL:
    """The address without a slash at its end; refuses one that would show the token to the network."""
    url = httpx.URL(graph_url.rstrip("/"))
    if url.scheme != "https" and not (url.scheme == "http" and _on_this_machine(url.host)):
        raise ValueError("graph_url must be https, or http on this machine")
    return url


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The Graph routes: who asks, what goes wrong on purpose, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import faults
from .account import Account
from .clock import Clock
from .errors import GraphError, no_such_object
from .journal import Journal
from .media import PATH, Shelf
from .sending import Sending
from .templates import Templates
from .world import Json, Number, World

Endpoint = Callable[[Request], Awaitable[Response]]
Tokens = Mapping[str, Collection[str]]
EVERY_NUMBER = ("*",)
ASKED_PATH = "simulator.path"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Graph:
    """Endpoints below `/vNN.N`. `tokens`: bearer token to the ids of numbers it may use, `*` for all."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        journal: Journal,
        shelf: Shelf,
        planned: faults.Faults,
        sending: Sending,
        templates: Templates,
        account: Account,
        tokens: Tokens,
    ) -> None:
        self.tokens = tokens
        self._world = world
        self._clock = clock
        self._journal = journal
        self._shelf = shelf
        self._faults = planned
        self._sending = sending
        self._templates = templates
        self._account = account

    def routes(self) -> list[Route]:
        """Routes without the version before them."""
        table: list[tuple[str, str, str, Endpoint]] = [
            ("POST", "/{id}/messages", "messages", self.messages),
            ("POST", "/{id}/media", "media", self.upload),
            ("GET", "/{id}/message_templates", "templates", self.list_templates),
            ("POST", "/{id}/message_templates", "templates", self.create_template),
            ("DELETE", "/{id}/message_templates", "templates", self.delete_template),
            ("GET", "/{id}/phone_numbers", "phone", self.phone_numbers),
            ("GET", "/{id}/message_history", "phone", self.history),
            ("GET", "/{id}/subscribed_apps", "subscribe", self.subscriptions),
            ("POST", "/{id}/subscribed_apps", "subscribe", self.subscribe),
            ("DELETE", "/{id}/subscribed_apps", "subscribe", self.unsubscribe),
            ("GET", "/{id}/whatsapp_business_profile", "profile", self.profile),
            ("POST", "/{id}/whatsapp_business_profile", "profile", self.change_profile),
            ("GET", "/{id}/settings", "settings", self.settings),
            ("POST", "/{id}/settings", "settings", self.change_settings),
            ("GET", "/{id}/block_users", "block", self.blocked),
            ("POST", "/{id}/block_users", "block", self.block),
            ("DELETE", "/{id}/block_users", "block", self.unblock),
            ("DELETE", "/{id}/contact_book", "phone", self.forget_contact),
            *(
                ("POST", f"/{{id}}/{edge}", "phone", self.succeed)
                for edge in (
                    "register",
                    "deregister",
                    "request_code",
                    "verify_code",
                    "conversational_automation",
                )
            ),
            ("GET", "/{id}", "node", self.node),
            ("POST", "/{id}", "phone", self.change_node),
            ("DELETE", "/{id}", "media", self.delete),
        ]
        routes = [
            Route(path, self._guarded(place, end), methods=[method]) for method, path, place, end in table
        ]
        return [*routes, Route("/{path:path}", self._guarded("unknown", self.unknown), methods=METHODS)]

    def download_route(self) -> Route:
        """The media host's own path, outside the versions."""
        return Route(PATH.rstrip("/"), self._guarded("download", self.download))

    def _guarded(self, place: str, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            entry = self._journal.add(
                "graph",
                self._clock(),
                method=request.method,
                path=request.scope[ASKED_PATH],
                status=None,
                fault=None,
            )
            try:
                answer = await self._answered(place, endpoint, request, entry)
            except GraphError as error:
                entry["code"] = error.code
                answer = JSONResponse(error.body(self._world.trace()), error.status)
            entry["status"] = None if isinstance(answer, faults.Reset) else answer.status_code
            return answer

        return guarded

    async def _answered(self, place: str, endpoint: Endpoint, request: Request, entry: Json) -> Response:
        self._authorize(request)
        if place == "messages" and (await body_of(request)).get("status") == "read":
            place = "read"
        fault = self._faults.take(place)
        entry["fault"] = fault.kind if fault else None
        instead = await faults.before(fault, request)
        return instead or await faults.after(fault, request, await endpoint(request))

    def _authorize(self, request: Request) -> None:
        """Raises `GraphError` 190 without a token that is valid, 100/33 for what it may not see."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        allowed = self.tokens.get(token)
        if kind != "Bearer" or allowed is None:
            raise GraphError(190)
        id = request.path_params.get("id", "")
        if id in self._world.numbers and "*" not in allowed and id not in allowed:
            raise no_such_object(id, request.method.lower())

    def _number(self, request: Request) -> Number:
        number = self._world.numbers.get(request.path_params["id"])
        if number is None:
            raise no_such_object(request.path_params["id"], request.method.lower())
        if number.status != "CONNECTED":
            raise GraphError(133010)
        return number

    def _waba(self, request: Request) -> None:
        if request.path_params["id"] != self._world.waba:
            raise no_such_object(request.path_params["id"], request.method.lower())

    async def messages(self, request: Request) -> Response:
        """Send a message, or mark one as read (contract §5)."""
        number, body = self._number(request), await body_of(request)
        if body.get("status") == "read":
            return JSONResponse(self._sending.mark_read(number, body))
        try:
            return JSONResponse(await self._sending.send(number, body))
        except GraphError as error:
            opaque = body.get("biz_opaque_callback_data")
            self._journal.add("refused", self._clock(), code=error.code, opaque=opaque, details=error.details)
            raise

    async def upload(self, request: Request) -> Response:
        """Take a file (contract §6)."""
        number = self._number(request)
        async with request.form() as form:
            if form.get("messaging_product") != "whatsapp":
                raise GraphError(100, "Param messaging_product must be one of {WHATSAPP}.")
            file = form.get("file")
            if file is None or isinstance(file, str):
                raise GraphError(100, "Param file must be a file.")
            type = str(form.get("type") or file.content_type or "application/octet-stream")
            kept = self._shelf.upload(number.id, await file.read(), type, file.filename)
        return JSONResponse({"id": kept.id})

    async def node(self, request: Request) -> Response:
        """Whatever has this id: a number, a file, a template, the account."""
        id = request.path_params["id"]
        if number := self._world.numbers.get(id):
            return JSONResponse(self._account.phone_node(number, fields_of(request)))
        if file := self._shelf.find(id):
            return JSONResponse(self._shelf.node(file))
        if template := self._templates.find(id):
            return JSONResponse(template.shown())
        if id == self._world.waba:
            return JSONResponse({"id": id, "name": "sessionhours"})
        raise no_such_object(id)

    async def download(self, request: Request) -> Response:
        """The bytes behind a media link; 404 when its five minutes are over."""
        query = request.query_params
        file = self._shelf.follow(query.get("mid", ""), query.get("ext", ""), query.get("hash", ""))
        if file is None:
            return Response(b"", 404)
        return faults.spoiled(self._faults.take("file"), file.data, file.mime_type)

    async def change_node(self, request: Request) -> Response:
        """Edit a template, or set where the updates of a number go."""
        if template := self._templates.find(request.path_params["id"]):
            template.components = (await body_of(request)).get("components") or template.components
            return JSONResponse({"success": True})
        self._number(request)
        override = (await body_of(request)).get("webhook_configuration")
        if override:
            await self._account.override(override.get("override_callback_uri"), override.get("verify_token"))
        return JSONResponse({"success": True})

    async def delete(self, request: Request) -> Response:
        """Delete a file."""
        self._shelf.delete(request.path_params["id"])
        return JSONResponse({"success": True})

    async def list_templates(self, request: Request) -> Response:
        """A page of templates (contract §9)."""
        self._waba(request)
        return JSONResponse(self._templates.listing(dict(request.query_params)))

    async def create_template(self, request: Request) -> Response:
        """A new template, pending until it was reviewed."""
        self._waba(request)
        template = self._templates.create(await body_of(request))
        self._account.review(template)
        return JSONResponse({"id": template.id, "status": template.status, "category": template.category})

    async def delete_template(self, request: Request) -> Response:
        """Delete the template of a name, or one language of it."""
        self._waba(request)
        self._templates.delete(request.query_params.get("name", ""), request.query_params.get("hsm_id"))
        return JSONResponse({"success": True})

    async def phone_numbers(self, request: Request) -> Response:
        """The numbers of the account."""
        self._waba(request)
        nodes = [self._account.phone_node(number, None) for number in self._world.numbers.values()]
        return JSONResponse({"data": nodes, "paging": {"cursors": {"before": "b", "after": "a"}}})

    async def history(self, request: Request) -> Response:
        """Statuses of one message by its id (contract §3)."""
        number = self._number(request)
        return JSONResponse(self._account.history(number, request.query_params.get("message_id", "")))

    async def subscriptions(self, request: Request) -> Response:
        """Who is subscribed to the account."""
        self._waba(request)
        return JSONResponse({"data": self._account.subscriptions()})

    async def subscribe(self, request: Request) -> Response:
        """Subscribe, with an override if one is given (contract §1.9)."""
        self._waba(request)
        body = await body_of(request)
        await self._account.subscribe(body.get("override_callback_uri"), body.get("verify_token"))
        return JSONResponse({"success": True})

    async def unsubscribe(self, request: Request) -> Response:
        """End the subscription."""
        self._waba(request)
        self._account.unsubscribe()
        return JSONResponse({"success": True})

    async def profile(self, request: Request) -> Response:
        """The business profile, flat in `data[0]`."""
        profile = {"messaging_product": "whatsapp", **self._number(request).profile}
        return JSONResponse({"data": [only(profile, fields_of(request))]})

    async def change_profile(self, request: Request) -> Response:
        """Change the business profile."""
        self._account.change_profile(self._number(request), await body_of(request))
        return JSONResponse({"success": True})

    async def settings(self, request: Request) -> Response:
        """The settings of a number (contract §4)."""
        return JSONResponse(self._number(request).settings)

    async def change_settings(self, request: Request) -> Response:
        """Change settings of a number."""
        self._number(request).settings.update(await body_of(request))
        return JSONResponse({"success": True})

    async def blocked(self, request: Request) -> Response:
        """The people a number has blocked."""
        self._number(request)
        return JSONResponse(self._account.blocked())

    async def block(self, request: Request) -> Response:
        """Block people (contract §7.11)."""
        answer, status = self._account.block(self._number(request), await body_of(request), True)
        return JSONResponse(answer, status)

    async def unblock(self, request: Request) -> Response:
        """Unblock people."""
        answer, status = self._account.block(self._number(request), await body_of(request), False)
        return JSONResponse(answer, status)

    async def forget_contact(self, request: Request) -> Response:
        """Delete a person from the contact book (contract §2.3)."""
        self._number(request)
        return JSONResponse({"messaging_product": "whatsapp", "success": True, "deleted": True})

    async def unknown(self, request: Request) -> Response:
        """Whatever Graph does not know is refused in its own words too."""
        raise GraphError(2500, message=f"Unknown path components: /{request.path_params['path']}")

    async def succeed(self, request: Request) -> Response:
        """Calls whose only effect is that they succeed."""
        return JSONResponse({"success": True})


async def body_of(request: Request) -> Json:
    """JSON object of the body, or the query where there is no body. Raises `GraphError` 100."""
    raw = await request.body()
    if not raw:
        return dict(request.query_params)
    try:
        body: Any = json.loads(raw)
    except ValueError:
        raise GraphError(100, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    return body


def fields_of(request: Request) -> list[str] | None:
    """The names in the query `fields`, None if it is missing."""
    given = request.query_params.get("fields")
    return given.split(",") if given else None


def only(thing: Json, fields: list[str] | None) -> Json:
    """The fields that were asked for; everything if none were."""
    if fields is None:
        return thing
    wanted = {name.partition("{")[0].strip() for name in fields} | {"id", "messaging_product"}
    return {key: value for key, value in thing.items() if key in wanted}

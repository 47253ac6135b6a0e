"""Calls below `/sim/` that steer the simulated platform and look into it; all JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import Fault
from .patience import until
from .people import add_person
from .world import Json, Number, Person

if TYPE_CHECKING:
    from .app import Simulation

Call = Callable[[Request, Json], Awaitable[Any]]
WAIT_AT_MOST = 60.0


class NotThere(Exception):
    """A path names something that does not exist."""


class Admin:
    """Each call takes a JSON object and answers JSON; nonsense is 400, what is not there 404."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._world = simulation.world
        self._courier = simulation.courier

    def routes(self) -> list[Route]:
        """The calls, relative to `/sim`."""
        table: list[tuple[str, str, Call]] = [
            ("GET", "/state", self.state),
            ("POST", "/settings", self.change_settings),
            ("POST", "/numbers", self.add_number),
            ("GET", "/people", self.people),
            ("POST", "/people", self.add_person),
            ("PATCH", "/people/{id}", self.change_person),
            ("POST", "/people/{id}/messages", self.write),
            ("POST", "/people/{id}/calls", self.call),
            ("POST", "/people/{id}/number", self.change_number),
            ("GET", "/people/{id}/chat", self.chat),
            ("POST", "/events", self.event),
            ("POST", "/fail", self.fail),
            ("POST", "/templates/{id}", self.decide_template),
            ("GET", "/webhook", self.webhook),
            ("POST", "/webhook", self.change_webhook),
            ("POST", "/raw", self.raw),
            ("POST", "/policy", self.change_policy),
            ("POST", "/hold", self.hold),
            ("POST", "/release", self.release),
            ("POST", "/redeliver", self.redeliver),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.plan_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/journal", self.journal),
            ("DELETE", "/journal", self.clear_journal),
            ("GET", "/idle", self.idle),
            ("POST", "/flush", self.flush),
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.move_clock),
            ("GET", "/andrang", self.andrang),
            ("POST", "/andrang", self.start_andrang),
            ("DELETE", "/andrang", self.stop_andrang),
        ]
        return [Route(path, answering(call), methods=[method]) for method, path, call in table]

    def _person(self, request: Request) -> Person:
        person = self._world.people.get(request.path_params["id"])
        if person is None:
            raise NotThere(f"there is no person {request.path_params['id']!r}")
        return person

    # the platform

    async def state(self, request: Request, wish: Json) -> Json:
        """Numbers, webhook, policy, rules, clock, and what is pending or held back."""
        return {
            "waba": self._world.waba,
            "numbers": [asdict(number) for number in self._world.numbers.values()],
            "webhook": await self.webhook(request, wish),
            "policy": asdict(self._courier.policy),
            "rules": asdict(self._world.rules),
            "media_base": self._simulation.shelf.base,
            "now": self._simulation.clock(),
            "pending": self._simulation.pending,
            "held": self._courier.held,
        }

    async def change_settings(self, request: Request, wish: Json) -> Json:
        """Change rules; also `app_secret`, `access_tokens` and `media_base`."""
        rest = dict(wish)
        if secret := rest.pop("app_secret", None):
            self._courier.webhook.secret = str(secret)
        if (tokens := rest.pop("access_tokens", None)) is not None:
            given = tokens if isinstance(tokens, dict) else dict.fromkeys(tokens, ("*",))
            self._simulation.graph.tokens = given
        if base := rest.pop("media_base", None):
            self._simulation.shelf.pin(str(base))
        merge(self._world.rules, rest)
        return asdict(self._world.rules)

    async def add_number(self, request: Request, wish: Json) -> Json:
        """Add a business number, or change one: `id`, `display`, `name`, `quality`, `status`."""
        known = self._world.numbers.get(str(wish.get("id")))
        if known:
            merge(known, wish)
            return asdict(known)
        number = Number(str(wish["id"]), str(wish["display"]))
        merge(number, wish)
        self._world.numbers[number.id] = number
        return asdict(number)

    # the people

    async def people(self, request: Request, wish: Json) -> list[Json]:
        """Everybody there is."""
        return [asdict(person) for person in self._world.people.values()]

    async def add_person(self, request: Request, wish: Json) -> Json:
        """A new person: any of its fields, `alphanumeric` for such a user id; the rest is made up."""
        return asdict(add_person(self._world, wish))

    async def change_person(self, request: Request, wish: Json) -> Json:
        """Change what is so about a person; with `online` true, what waited arrives, with `reads` it is read."""
        person = self._person(request)
        was_online, was_reading = person.online, person.reads
        merge(person, {key: value for key, value in wish.items() if key != "id"})
        if person.online and not was_online:
            self._simulation.receipts.come_online(person)
        if person.reads and not was_reading:
            self._simulation.receipts.open_chat(person)
        self._world.changed()
        return asdict(person)

    async def write(self, request: Request, wish: Json) -> Json:
        """Write as this person, `times` times; see `Telephones.say` for the body. Answers `id` and `ids`."""
        person = self._person(request)
        said = [self._simulation.telephones.say(person, wish) for _ in range(int(wish.get("times", 1)))]
        return {"id": said[-1].id, "ids": [one.id for one in said]}

    async def call(self, request: Request, wish: Json) -> Json:
        """Ring (`event` connect), or hang up (terminate, with `id`, `status`, `duration`)."""
        return {"id": self._simulation.telephones.call(self._person(request), wish)}

    async def change_number(self, request: Request, wish: Json) -> Json:
        """Move to `phone`, told by `signals`: `system`, `system_user_id`, `user_id_update`."""
        self._simulation.telephones.change_number(self._person(request), wish)
        return asdict(self._person(request))

    async def chat(self, request: Request, wish: Json) -> Json:
        """A person and all that was said with the town, with ticks."""
        person = self._person(request)
        messages = [said.shown() for said in self._world.chat(person.id)]
        return {"person": asdict(person), "messages": messages}

    # what is told

    async def event(self, request: Request, wish: Json) -> Json:
        """Tell anything: `field` and `value`; with `list` the value is one item of that list of a number."""
        self._simulation.telephones.tell(str(wish["field"]), wish["value"], wish)
        return {"ok": True}

    async def fail(self, request: Request, wish: Json) -> Json:
        """Let the message `id` fail with `code`, after it was accepted."""
        said = self._world.said.get(str(wish.get("id")))
        if said is None:
            raise NotThere("there is no such message")
        self._simulation.receipts.fail(said, int(wish.get("code", 131000)))
        return said.shown()

    async def decide_template(self, request: Request, wish: Json) -> Json:
        """Give a template a `status` (`APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`) and tell of it."""
        template = self._simulation.templates.find(request.path_params["id"])
        if template is None:
            raise NotThere("there is no such template")
        self._simulation.account.decide(template, str(wish["status"]), wish.get("reason"))
        return template.shown()

    async def webhook(self, request: Request, wish: Json) -> Json:
        """Where updates go, whether anybody is subscribed, and whether the handshake succeeded."""
        webhook = self._courier.webhook
        return {"url": webhook.url, "subscribed": webhook.subscribed, "verified": webhook.verified}

    async def change_webhook(self, request: Request, wish: Json) -> Json:
        """Set `url`, `verify_token`, `subscribed`; the handshake follows, its outcome is `verified`."""
        webhook = self._courier.webhook
        merge(webhook, {k: v for k, v in wish.items() if k in ("url", "verify_token", "subscribed")})
        webhook.verified = bool(webhook.url) and await self._courier.handshake(
            str(webhook.url), webhook.verify_token
        )
        return await self.webhook(request, wish)

    async def raw(self, request: Request, wish: Json) -> Json:
        """Send bytes as they are: `body` (text) or `base64`, `seal` good, bad, missing, upper or sha1."""
        body = base64.b64decode(wish["base64"]) if "base64" in wish else str(wish["body"]).encode()
        self._courier.post(body, str(wish.get("seal", "good")))
        return {"bytes": len(body)}

    async def change_policy(self, request: Request, wish: Json) -> Json:
        """Change how updates travel; answers the policy."""
        merge(self._courier.policy, wish)
        if "hold" in wish and not wish["hold"]:
            self._courier.release()
        return asdict(self._courier.policy)

    async def hold(self, request: Request, wish: Json) -> Json:
        """Keep back every update from now on."""
        self._courier.policy.hold = True
        return {"held": self._courier.held}

    async def release(self, request: Request, wish: Json) -> Json:
        """Let go what was held back, with the policy given along."""
        merge(self._courier.policy, wish)
        count = self._courier.held
        self._courier.release()
        return {"released": count}

    async def redeliver(self, request: Request, wish: Json) -> Json:
        """Send answered bodies again: the `last` few, those with `id`, or all; `times` over."""
        times = int(wish.get("times", 1))
        return {"bodies": self._courier.redeliver(wish.get("last"), wish.get("id"), times)}

    # faults, journal, time

    async def faults(self, request: Request, wish: Json) -> list[Json]:
        """The faults still to come."""
        return self._simulation.faults.shown()

    async def plan_fault(self, request: Request, wish: Json) -> list[Json]:
        """Let something go wrong: `on`, `kind`, `times`, `code`, `seconds`, `details`, `location`."""
        self._simulation.faults.plan(Fault(**wish))
        return self._simulation.faults.shown()

    async def clear_faults(self, request: Request, wish: Json) -> list[Json]:
        """Let everything go right again."""
        self._simulation.faults.clear()
        return []

    async def journal(self, request: Request, wish: Json) -> Json:
        """Entries, of one `kind` and after number `since` if given, and what was accepted twice."""
        query = request.query_params
        entries = self._simulation.journal.entries(query.get("kind"), int(query.get("since", 0)))
        return {"entries": entries, "doubles": self._simulation.journal.doubles()}

    async def clear_journal(self, request: Request, wish: Json) -> Json:
        """Forget what was recorded."""
        self._simulation.journal.clear()
        return {"entries": [], "doubles": []}

    async def idle(self, request: Request, wish: Json) -> Json:
        """Wait up to `timeout` seconds until nothing is pending."""
        return await self._wait(float(request.query_params.get("timeout", 0)))

    async def flush(self, request: Request, wish: Json) -> Json:
        """Do now what is planned for later, retries too, until nothing is pending or `timeout` is over."""
        return await self._wait(float(wish.get("timeout", 10)), hurry=True)

    async def _wait(self, seconds: float, hurry: bool = False) -> Json:
        def done() -> bool:
            if hurry:
                self._simulation.hurry()
            return self._simulation.pending == 0

        idle = await until(done, min(seconds, WAIT_AT_MOST))
        return {"idle": idle, "pending": self._simulation.pending, "held": self._courier.held}

    async def clock(self, request: Request, wish: Json) -> Json:
        """The instant, and whether it can be moved from here."""
        return {"now": self._simulation.clock(), "movable": self._simulation.clock.movable}

    async def move_clock(self, request: Request, wish: Json) -> Json:
        """Skip `advance` seconds, or to the instant `set`; answers when all that fell due has been tried."""
        clock = self._simulation.clock
        clock.advance(float(wish["set"]) - clock() if "set" in wish else float(wish["advance"]))
        self._simulation.wake()
        await until(lambda: not self._simulation.busy, WAIT_AT_MOST)
        return await self.clock(request, wish)

    async def andrang(self, request: Request, wish: Json) -> Json:
        """Where the script stands."""
        return self._simulation.andrang.shown()

    async def start_andrang(self, request: Request, wish: Json) -> Json:
        """Start: `citizens` (60), `minutes` (5), `tempo` (1)."""
        return self._simulation.andrang.start(**wish)

    async def stop_andrang(self, request: Request, wish: Json) -> Json:
        """Stop it."""
        return self._simulation.andrang.stop()


def answering(call: Call) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of a call: reads the wish, turns nonsense into 400."""

    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            wish = json.loads(raw) if raw else {}
            if not isinstance(wish, dict):
                raise ValueError("the body must be a JSON object")
            return JSONResponse(await call(request, wish))
        except NotThere as error:
            return JSONResponse({"error": str(error)}, 404)
        except KeyError as error:
            return JSONResponse({"error": f"{error.args[0]} is missing"}, 400)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def merge(thing: Any, wish: Json) -> None:
    """Set the fields that are named. Raises `ValueError` for those that do not exist."""
    names = {field.name for field in fields(thing)}
    if unknown := sorted(wish.keys() - names):
        raise ValueError(f"unknown: {', '.join(unknown)}; allowed: {', '.join(sorted(names))}")
    hints = get_type_hints(type(thing))
    for name, value in wish.items():
        setattr(thing, name, float(value) if hints[name] is float else value)

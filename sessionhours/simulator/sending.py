"""What becomes of a message that a business sends: the rules, the answer, and what follows."""

from __future__ import annotations

from typing import Any

from . import checks
from .clock import Clock
from .errors import GraphError
from .journal import Journal
from .limits import Bucket, Burst, Throughput
from .media import SENDABLE, Shelf, plain
from .receipts import Receipts
from .templates import Template, Templates, filled, quick_replies
from .world import TYPING_LASTS, Json, Number, Person, Said, World

REACTION_REACH = 30 * 24 * 3600


class Sending:
    """Accepts messages, or refuses them as the platform would."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        journal: Journal,
        shelf: Shelf,
        templates: Templates,
        receipts: Receipts,
    ) -> None:
        self._world = world
        self._clock = clock
        self._journal = journal
        self._shelf = shelf
        self._templates = templates
        self._receipts = receipts
        self._throughput: dict[str, Throughput] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._bursts: dict[tuple[str, str], Burst] = {}

    async def send(self, number: Number, body: Json) -> Json:
        """Accept one message and plan its receipts; the answer of Graph. Raises `GraphError`."""
        type, content = checks.check(body)
        given, target, to_phone = checks.recipient(body)
        person = self._world.by_phone(target) if to_phone else self._world.by_user_id(target)
        self._permit(number, target, person)
        template = self._templates.chosen(content) if type == "template" else None
        self._check_references(number, target, type, content, person)
        if template and template.category == "AUTHENTICATION" and not to_phone:
            raise GraphError(131062)
        late = self._pace(number, target, person, free=template is None)
        said = self._accept(number, target, to_phone, person, type, content, body, template)
        await self._receipts.plan(said, person, template, late or self._later(type, content, person))
        return self._answer(given, target, to_phone, said, template)

    def mark_read(self, number: Number, body: Json) -> Json:
        """Mark a message and all before it as read, and show typing if asked. Raises `GraphError`."""
        said = self._world.said.get(str(body.get("message_id") or ""))
        if said is None or said.direction != "in" or said.number != number.id:
            raise GraphError(131009, "message_id does not belong to a message that was received.")
        for earlier in self._world.incoming(said.person, number.id):
            earlier.rise("read")
            if earlier is said:
                break
        if body.get("typing_indicator"):
            if body["typing_indicator"].get("type") != "text":
                raise GraphError(100, "Param typing_indicator['type'] must be one of {TEXT}.")
            self._world.typing_until[number.id, said.person] = self._clock() + TYPING_LASTS
        self._world.changed()
        return {"success": True}

    def _permit(self, number: Number, target: str, person: Person | None) -> None:
        rules = self._world.rules
        if rules.refuse_all:
            raise GraphError(rules.refuse_all)
        if target == number.display:
            raise GraphError(131021)
        if rules.allow_list and not (person and person.allow_listed):
            raise GraphError(131030)
        if person and person.blocked:
            raise GraphError(130403)

    def _check_references(
        self, number: Number, target: str, type: str, content: Any, person: Person | None
    ) -> None:
        if type in SENDABLE or type == "document":
            file = self._shelf.find(str(content["id"])) if content.get("id") else None
            if content.get("id") and (file is None or file.number != number.id or not file.uploaded):
                raise GraphError(
                    131009, f"Media ID {content['id']} does not exist or does not belong to this number."
                )
        if type == "reaction":
            aim = self._world.said.get(content["message_id"])
            if aim is None or (person and aim.person != person.id) or aim.type == "reaction":
                raise GraphError(131009, "reaction['message_id'] does not name a message of this chat.")
            if aim.at < self._clock() - REACTION_REACH:
                raise GraphError(131009, "reaction['message_id'] is older than 30 days.")

    def _pace(self, number: Number, target: str, person: Person | None, free: bool) -> int | None:
        """Count the message against all limits; a code where it will fail later. Raises `GraphError`."""
        rules, now = self._world.rules, self._clock()
        if not self._throughput.setdefault(number.id, Throughput()).take(now, rules.throughput):
            raise GraphError(130429)
        closed = free and person and not self._world.window_open(number.id, person.id, now)
        if closed and rules.window == "sync":
            raise GraphError(131047)
        if not self._pair_rate(number.id, target, now):
            raise GraphError(131056)
        return 131047 if closed and rules.window == "async" else None

    def _pair_rate(self, number: str, target: str, now: float) -> bool:
        match self._world.rules.pair_rate:
            case "bucket":
                return self._buckets.setdefault((number, target), Bucket()).take(now)
            case "strict":
                return self._bursts.setdefault((number, target), Burst()).take(now)
        return True

    def _later(self, type: str, content: Any, person: Person | None) -> int | None:
        """The code with which an accepted message will fail, if it will."""
        if person is None:
            return 131026
        file = self._shelf.find(str(content["id"])) if type in SENDABLE and content.get("id") else None
        if file and plain(file.mime_type) not in SENDABLE[type]:
            return 131053
        rules = self._world.rules
        if not rules.payment and self._world.delivered_free >= rules.free_messages:
            return 131042
        return None

    def _accept(
        self,
        number: Number,
        target: str,
        to_phone: bool,
        person: Person | None,
        type: str,
        content: Any,
        body: Json,
        template: Template | None,
    ) -> Said:
        quoted = (body.get("context") or {}).get("message_id")
        said = Said(
            id=self._world.message_id(target),
            number=number.id,
            person=person.id if person else target,
            direction="out",
            type=type,
            content={"list": content} if isinstance(content, list) else content,
            at=self._clock(),
            quotes=quoted if quoted in self._world.said and type != "reaction" else None,
            opaque=body.get("biz_opaque_callback_data"),
            to_phone=to_phone,
        )
        if template:
            replies = quick_replies(template, content)
            said.content = {**content, "text": filled(template, content), "replies": replies}
        self._journal.add(
            "send",
            said.at,
            wamid=said.id,
            number=number.id,
            to=target,
            person=person.id if person else None,
            type=type,
            content=content,
            opaque=said.opaque,
            quotes=quoted,
        )
        self._world.typing_until.pop((number.id, said.person), None)
        return self._world.keep(said)

    def _answer(self, given: str, target: str, to_phone: bool, said: Said, template: Template | None) -> Json:
        known = {"wa_id": target} if to_phone else {"user_id": target}
        message = {"id": said.id} | ({"message_status": "accepted"} if template else {})
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": given, **known}],
            "messages": [message],
        }

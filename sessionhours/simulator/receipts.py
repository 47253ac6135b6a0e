"""Where an accepted message gets to, and the statuses that tell of it."""

from __future__ import annotations

from .agenda import Agenda
from .clock import Clock
from .courier import Courier
from .errors import status_error
from .patience import until
from .templates import Template
from .webhooks import Update
from .world import Json, Person, Said, Ticks, World

TELL_FIRST_WITHIN = 5.0


class Receipts:
    """Plans sent, delivered, read, played or failed for each message and tells the webhook of each."""

    def __init__(self, world: World, clock: Clock, courier: Courier) -> None:
        self.agenda = Agenda(clock.elapsed)
        self._world = world
        self._clock = clock
        self._courier = courier

    async def plan(
        self, said: Said, person: Person | None, template: Template | None, failure: int | None
    ) -> None:
        """Decide what becomes of an accepted message; `failure` is the code it will fail with."""
        policy = self._courier.policy
        if failure:
            self.agenda.after(policy.sent_after, lambda: self._fail(said, person, failure))
            return
        pricing = self._pricing(said, template)
        if policy.status_first:
            self._happen(said, person, "sent", pricing, 0.0)
            await until(lambda: not self._courier.pending, TELL_FIRST_WITHIN)
        else:
            self.agenda.after(policy.sent_after, lambda: self._happen(said, person, "sent", pricing, 0.0))
        if person and said.type != "reaction" and not person.blocks_business and person.online:
            self._arrive(said, person, pricing)
        if person and said.type == "reaction":
            self._react(said)

    def come_online(self, person: Person) -> None:
        """Deliver what waited while the person's telephone was off."""
        person.online = True
        for said in self._world.chat(person.id):
            if said.direction == "out" and said.status in ("accepted", "sent") and said.type != "reaction":
                self._arrive(said, person, None)

    def open_chat(self, person: Person) -> None:
        """Let the person read from now on, beginning with what has arrived."""
        person.reads = True
        for said in self._world.chat(person.id):
            if said.direction == "out" and said.status == "delivered":
                self._read(said, person)

    def fail(self, said: Said, code: int) -> None:
        """Let an accepted message fail after all."""
        self._fail(said, self._world.people.get(said.person), code)

    def _arrive(self, said: Said, person: Person, pricing: Json | None) -> None:
        policy, chance = self._courier.policy, self._world.chance
        delivered, read = policy.delivered_after, policy.read_after
        shown = person.reads and person.read_receipts
        late = read + delivered if chance.random() < policy.disorder else 0.0
        told = not (shown and chance.random() < policy.skip_delivered)
        self.agenda.after(delivered, lambda: self._happen(said, person, "delivered", pricing, late, told))
        self.agenda.after(read, lambda: self._read(said, person))
        if shown and said.content.get("voice"):
            self.agenda.after(read * 2, lambda: self._happen(said, person, "played", None, 0.0))

    def _read(self, said: Said, person: Person) -> None:
        if person.reads and said.status not in ("read", "played"):
            self._happen(said, person, "read", None, 0.0, person.read_receipts)

    def _happen(
        self,
        said: Said,
        person: Person | None,
        status: Ticks,
        pricing: Json | None,
        late: float,
        told: bool = True,
    ) -> None:
        if said.status == "failed":
            return
        said.rise(status)
        self._world.changed()
        if status == "delivered" and pricing and pricing["type"] == "free_customer_service":
            self._world.delivered_free += 1
        if told:
            update = self._update(said, person, {"status": status}, pricing)
            if late:
                self.agenda.after(late, lambda: self._courier.tell(update))
            else:
                self._courier.tell(update)

    def _fail(self, said: Said, person: Person | None, code: int) -> None:
        said.status = "failed"
        said.error = status_error(code)
        self._world.changed()
        self._courier.tell(self._update(said, person, {"status": "failed", "errors": [said.error]}, None))

    def _update(self, said: Said, person: Person | None, word: Json, pricing: Json | None) -> Update:
        failed = word["status"] == "failed"
        item: Json = {"id": said.id, "status": word["status"], "timestamp": str(int(self._clock()))}
        if said.to_phone:
            item["recipient_id"] = person.phone if person else said.person
        if not (failed and said.to_phone):
            item["recipient_user_id"] = person.user_id if person else said.person
        if pricing:
            item["pricing"] = pricing
        if said.opaque:
            item["biz_opaque_callback_data"] = said.opaque
        if failed:
            item["errors"] = word["errors"]
        contact = person.contact(username=word["status"] != "sent") if person and not failed else None
        return Update("messages", item, "statuses", self._world.numbers[said.number], contact)

    def _pricing(self, said: Said, template: Template | None) -> Json | None:
        if said.type == "reaction":
            return None
        free = template is None and self._world.delivered_free < self._world.rules.free_messages
        return {
            "billable": not free,
            "pricing_model": "PMP",
            "type": "free_customer_service" if free else "regular",
            "category": template.category.lower() if template else "service",
        }

    def _react(self, said: Said) -> None:
        aim = self._world.said.get(said.content["message_id"])
        if aim and said.content["emoji"]:
            aim.reactions["business"] = said.content["emoji"]
        elif aim:
            aim.reactions.pop("business", None)

"""What people do on their telephones, told to the webhook in the platform's shapes (contract §2, §4)."""

from __future__ import annotations

import base64
import copy

from .clock import Clock
from .courier import Courier
from .errors import status_error
from .media import Shelf
from .samples import SAMPLES
from .webhooks import Update
from .world import Json, Number, Person, Said, World

PLAIN = frozenset(
    {"location", "contacts", "reaction", "interactive", "button", "order", "edit", "revoke", "system"}
)
NO_WINDOW = frozenset({"reaction", "system", "unsupported", "edit", "revoke"})


class Telephones:
    """Lets people write, call and change their numbers."""

    def __init__(self, world: World, clock: Clock, courier: Courier, shelf: Shelf) -> None:
        self._world = world
        self._clock = clock
        self._courier = courier
        self._shelf = shelf

    def say(self, person: Person, wish: Json) -> Said:
        """Write one message as `person`.

        `wish` has `type` (default text) and either the type's own object under its name, or short forms:
        `text`, `caption`, `data` (base64), `mime_type`, `filename`, `voice`, `emoji` and `message_id`,
        `latitude` and `longitude`, `unsupported` (the type it could not show). Also `at` (Unix seconds),
        `id`, `reply_to`, `forwarded`, `frequently_forwarded`, `group_id`, `referral`, `context`, `number`.
        Raises `ValueError` if the number is unknown or the business has blocked this person.
        """
        if person.blocked:
            raise ValueError("the business has blocked this person")
        number = self._number(wish)
        at = float(wish.get("at") or self._clock())
        type = str(wish.get("type") or "text")
        message = self._message(person, number, type, wish, at)
        content = {k: v for k, v in message.items() if k in (type, "errors", "group_id", "unsupported")}
        said = Said(message["id"], number.id, person.id, "in", type, content.get(type) or content, at)
        said.quotes = wish.get("reply_to")
        said.status = "sent"
        if isinstance(said.content, list):
            said.content = {"list": said.content}
        if type not in NO_WINDOW:
            self._world.hear(number.id, person.id, at)
        self._react(type, said)
        self._world.keep(said)
        contact = None if type == "system" else person.contact()
        self._courier.tell(Update("messages", message, "messages", number, contact))
        return said

    def call(self, person: Person, wish: Json) -> str:
        """Call the business, or end a call (`event` terminate with its `id`); the id of the call."""
        number = self._number(wish)
        at = float(wish.get("at") or self._clock())
        id = wish.get("id") or self._world.message_id(person.phone, "wacid")
        event = wish.get("event") or "connect"
        item: Json = {"id": id, **person.sender(), "to": number.display, "event": event}
        item |= {"timestamp": str(int(at)), "direction": "USER_INITIATED"}
        if event == "connect":
            item["session"] = {"sdp_type": "offer", "sdp": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"}
        else:
            item |= {"status": wish.get("status", "COMPLETED"), "duration": int(wish.get("duration", 0))}
        self._world.hear(number.id, person.id, at)
        if event == "connect":
            self._world.keep(Said(id, number.id, person.id, "in", "call", {"event": event}, at, "sent"))
        self._courier.tell(Update("calls", item, "calls", number, person.contact()))
        return str(id)

    def change_number(self, person: Person, wish: Json) -> None:
        """Move a person to another phone number: a new user id, told by the `signals` that are named.

        Signals are `system` (on the old number), `system_user_id` and `user_id_update`, in the order given.
        """
        number = self._number(wish)
        old = (person.phone, person.user_id)
        person.phone = str(wish["phone"])
        person.user_id = wish.get("user_id") or self._world.user_id()
        self._world.changed()
        for signal in wish.get("signals") or ["system", "user_id_update"]:
            self._courier.tell(self._moved(signal, person, old, number))

    def tell(self, field: str, value: Json, wish: Json) -> None:
        """Tell anything else: a field and its value as given, in a list of the number if `list` names one."""
        name = wish.get("list")
        number = self._number(wish) if name else None
        self._courier.tell(Update(field, value, name, number, wish.get("contact")))

    def _number(self, wish: Json) -> Number:
        id = wish.get("number") or next(iter(self._world.numbers))
        if id not in self._world.numbers:
            raise ValueError(f"number: there is no {id!r}")
        return self._world.numbers[id]

    def _message(self, person: Person, number: Number, type: str, wish: Json, at: float) -> Json:
        id = wish.get("id") or self._world.message_id(person.phone)
        sender = {"from": person.phone} if type == "system" else person.sender()
        message: Json = {**sender, "id": id, "timestamp": str(int(at))}
        message |= {key: wish[key] for key in ("group_id", "referral", "identity") if wish.get(key)}
        if context := self._context(number, wish):
            message["context"] = context
        return message | {"type": type} | self._content(number, type, wish)

    def _context(self, number: Number, wish: Json) -> Json:
        if wish.get("context"):
            return dict(wish["context"])
        if wish.get("reply_to"):
            quoted = self._world.said.get(wish["reply_to"])
            own = quoted is not None and quoted.direction == "in"
            author = self._world.people[quoted.person].phone if quoted and own else number.display
            return {"from": author, "id": wish["reply_to"]}
        return {key: True for key in ("forwarded", "frequently_forwarded") if wish.get(key)}

    def _content(self, number: Number, type: str, wish: Json) -> Json:
        if type == "text":
            return (
                {"text": {"body": body}} if isinstance(body := wish.get("text", ""), str) else {"text": body}
            )
        if type in SAMPLES:
            return {type: self._attachment(number, type, wish)}
        if type == "unsupported":
            return self._unsupported(wish)
        if type == "reaction" and "reaction" not in wish:
            return {type: {"message_id": wish["message_id"], "emoji": wish.get("emoji", "")}}
        if type == "location" and "location" not in wish:
            keys = ("latitude", "longitude", "name", "address", "url")
            return {type: {key: wish[key] for key in keys if key in wish}}
        return {type: copy.deepcopy(wish[type])} if type in wish else {}

    def _attachment(self, number: Number, type: str, wish: Json) -> Json:
        given: Json = wish.get(type) or {}
        mime_type, data, filename = SAMPLES[type]
        if wish.get("data"):
            data = base64.b64decode(wish["data"])
        mime_type = wish.get("mime_type") or mime_type
        file = self._shelf.receive(number.id, data, mime_type, wish.get("filename") or filename)
        content: Json = self._shelf.attachment(file)
        if wish.get("no_url"):
            del content["url"]
        if wish.get("caption") and type not in ("audio", "sticker"):
            content = {"caption": wish["caption"], **content}
        if type == "document" and file.filename:
            content["filename"] = file.filename
        if type == "audio":
            content["voice"] = bool(wish.get("voice", True))
        if type == "sticker":
            content["animated"] = bool(wish.get("animated", False))
        return content | given

    def _unsupported(self, wish: Json) -> Json:
        code = int(wish.get("code") or 131051)
        unsupported = {"unsupported": {"type": wish["unsupported"]}} if wish.get("unsupported") else {}
        return {"errors": [status_error(code)], **unsupported}

    def _react(self, type: str, said: Said) -> None:
        if type != "reaction" or not (aim := self._world.said.get(said.content.get("message_id", ""))):
            return
        if said.content.get("emoji"):
            aim.reactions["person"] = said.content["emoji"]
        else:
            aim.reactions.pop("person", None)

    def _moved(self, signal: str, person: Person, old: tuple[str, str], number: Number) -> Update:
        at, (phone, user_id) = int(self._clock()), old
        if signal == "user_id_update":
            change = {"previous": user_id, "current": person.user_id}
            item: Json = {"detail": "User changed phone number", "user_id": change, "timestamp": at}
            if person.phone_visible:
                item["wa_id"] = person.phone
            return Update(signal, item, signal, number, person.contact())
        words: Json = {"body": f"User {person.name} changed from {phone} to {person.phone}"}
        if signal == "system_user_id":
            words |= {"wa_id": person.phone, "user_id": person.user_id, "type": "user_changed_user_id"}
        elif signal == "system":
            words |= {"wa_id": person.phone, "type": "user_changed_number"}
        else:
            raise ValueError(f"signals: {signal!r}; allowed: system, system_user_id, user_id_update")
        id = self._world.message_id(phone)
        message = {"from": phone, "id": id, "timestamp": str(at), "type": "system", "system": words}
        return Update("messages", message, "messages", number)

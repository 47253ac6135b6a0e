"""The account around the messages: numbers, profile, subscription, templates under review, blocked people."""

from __future__ import annotations

from urllib.parse import quote

from .agenda import Agenda
from .checks import BSUID
from .clock import Clock
from .courier import Courier
from .errors import GraphError
from .templates import Template
from .webhooks import Update
from .world import Json, Number, Person, World

REVIEW_TAKES = 1.0
APP = "300000000000003"
PROFILE_LENGTHS = {"about": 139, "address": 256, "description": 512, "email": 128}
PICTURES = "https://pps.whatsapp.net/v/"
ROOTS = "id,display_phone_number,verified_name,quality_rating"


class Account:
    """What the business account answers about itself, and what it may change."""

    def __init__(self, world: World, clock: Clock, courier: Courier, agenda: Agenda) -> None:
        self._world = world
        self._clock = clock
        self._courier = courier
        self._agenda = agenda

    def phone_node(self, number: Number, fields: list[str] | None) -> Json:
        """The node of a number; without `fields` only what the platform shows unasked."""
        healthy = (
            "AVAILABLE" if number.status == "CONNECTED" and not self._world.rules.refuse_all else "BLOCKED"
        )
        entity = {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": healthy}
        node: Json = {
            "id": number.id,
            "verified_name": number.name,
            "display_phone_number": f"+{number.display}",
            "code_verification_status": "VERIFIED",
            "quality_rating": number.quality,
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "name_status": "APPROVED",
            "status": number.status,
            "is_official_business_account": False,
            "is_pin_enabled": True,
            "account_mode": "LIVE",
            "whatsapp_business_manager_messaging_limit": "TIER_2K",
            "webhook_configuration": {"application": url} if (url := self._courier.webhook.url) else {},
            "health_status": {"can_send_message": healthy, "entities": [entity]},
        }
        wanted = fields or ROOTS.split(",")
        names = {name.partition("{")[0].strip() for name in wanted} | {"id"}
        return {key: value for key, value in node.items() if key in names}

    def history(self, number: Number, message_id: str) -> Json:
        """Statuses of one message we accepted, looked up by its id (contract §3)."""
        said = self._world.said.get(message_id)
        paging = {"cursors": {"before": "b", "after": "a"}}
        if said is None or said.number != number.id or said.direction != "out":
            return {"data": [], "paging": paging}
        word = "ERROR" if said.status == "failed" else said.status.upper()
        event = {"id": "900000000000011", "delivery_status": word, "timestamp": int(said.at), **self._told()}
        entry = {"id": "900000000000001", "message_id": said.id, "events": {"data": [event]}}
        return {"data": [entry], "paging": paging}

    def _told(self) -> Json:
        """Whom a status was told; nothing where there is nobody to tell."""
        url = self._courier.webhook.url
        state = {"webhook_update_state": "SUCCESS", "application": {"id": APP}, "webhook_uri": url}
        return state if url else {}

    def subscriptions(self) -> list[Json]:
        """The app that is subscribed, in the shape of the list; empty if none is."""
        if not self._courier.webhook.subscribed:
            return []
        app = {"id": APP, "name": "sessionhours", "link": f"https://www.facebook.com/games/?app_id={APP}"}
        override = {"override_callback_uri": url} if (url := self._courier.webhook.url) else {}
        return [{"whatsapp_business_api_data": app, **override}]

    async def subscribe(self, url: str | None, verify_token: str | None) -> None:
        """Subscribe, to another address if one is given. Raises `GraphError` if that one answers wrongly."""
        if url:
            await self.override(url, verify_token)
        self._courier.webhook.subscribed = True

    def unsubscribe(self) -> None:
        """Stop telling; what happens meanwhile is lost."""
        self._courier.webhook.subscribed = False

    async def override(self, url: str | None, verify_token: str | None) -> None:
        """Send updates elsewhere from now on, once the handshake was answered rightly."""
        webhook = self._courier.webhook
        token = verify_token or webhook.verify_token
        if not url or len(url) > 200:
            raise GraphError(100, "Param override_callback_uri must be a URL of at most 200 characters.")
        if not await self._courier.handshake(url, token):
            raise GraphError(
                100, "Callback verification failed with the following errors: HTTP Status Code", subcode=2200
            )
        webhook.url, webhook.verify_token, webhook.verified = url, token, True

    def change_profile(self, number: Number, body: Json) -> None:
        """Raises `GraphError` 100 for a field that is too long. A picture is given as a handle and shown as a URL."""
        for field, most in PROFILE_LENGTHS.items():
            if len(str(body.get(field) or "")) > most:
                raise GraphError(100, f"Param {field} must be at most {most} characters long.")
        if len(body.get("websites") or []) > 2:
            raise GraphError(100, "Param websites must have at most 2 entries.")
        given = {k: v for k, v in body.items() if k not in ("messaging_product", "profile_picture_handle")}
        if handle := body.get("profile_picture_handle"):
            given["profile_picture_url"] = f"{PICTURES}{quote(str(handle), safe='')}"
        number.profile.update(given)

    def review(self, template: Template) -> None:
        """Approve a new template a little later, and say so."""
        self._agenda.after(REVIEW_TAKES, lambda: self.decide(template, "APPROVED"))

    def decide(self, template: Template, status: str, reason: str | None = None) -> None:
        """Give a template a status and tell the webhook."""
        template.status = status
        value = {
            "event": status,
            "message_template_id": int(template.id),
            "message_template_name": template.name,
            "message_template_language": template.language,
            "message_template_category": template.category,
            "reason": reason or "NONE",
        }
        self._courier.tell(Update("message_template_status_update", value, list_name=None))

    def blocked(self) -> Json:
        """A page of the people who are blocked."""
        people = [p for p in self._world.people.values() if p.blocked]
        data = [{"messaging_product": "whatsapp", **_known(person)} for person in people]
        return {"data": data, "paging": {"cursors": {"before": "b", "after": "a"}}}

    def block(self, number: Number, body: Json, block: bool) -> tuple[Json, int]:
        """Block (only who wrote in 24 hours) or unblock people; the answer and its HTTP status."""
        done: list[Json] = []
        failed: list[Json] = []
        for wish in body.get("block_users") or []:
            given = str(wish.get("user") or wish.get("user_id") or "")
            person = self._person(given)
            if person and (not block or self._world.window_open(number.id, person.id, self._clock())):
                person.blocked = block
                done.append({"input": given, **_named(given)})
            else:
                failed.append({"input": given, **_named(given), "errors": [NOT_WRITTEN]})
        users: Json = {"added_users" if block else "removed_users": done}
        answer: Json = {"messaging_product": "whatsapp", "block_users": users}
        if not failed:
            return answer, 200
        users["failed_users"] = failed
        refusal = GraphError(139100).body(self._world.trace())
        refusal["error"]["error_data"].pop("messaging_product")  # it is said once, beside the people
        return answer | refusal, 400

    def _person(self, given: str) -> Person | None:
        if BSUID.fullmatch(given):
            return self._world.by_user_id(given)
        return self._world.by_phone(_digits(given))


NOT_WRITTEN: Json = {
    "message": "Re-engagement required",
    "code": 131047,
    "error_data": {"details": "The user has not written in the last 24 hours."},
}


def _known(person: Person) -> Json:
    return {"wa_id": person.phone} if person.phone_visible else {"user_id": person.user_id}


def _named(given: str) -> Json:
    return {"user_id": given} if BSUID.fullmatch(given) else {"wa_id": _digits(given)}


def _digits(given: str) -> str:
    return "".join(filter(str.isdigit, given))

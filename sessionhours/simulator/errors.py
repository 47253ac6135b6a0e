"""What the Graph API answers when it refuses: one exception, one table of codes."""

from __future__ import annotations

from typing import Any, NamedTuple

HREF = "/documentation/business-messaging/whatsapp/support/error-codes"


class Known(NamedTuple):
    """One row of Meta's table of error codes."""

    status: int
    title: str
    details: str | None = None
    transient: bool = False


KNOWN = {
    0: Known(401, "AuthException"),
    1: Known(400, "An unknown error occurred"),
    2: Known(503, "An unexpected error has occurred. Please retry your request later.", transient=True),
    3: Known(500, "Application does not have the capability to make this API call."),
    4: Known(400, "Application request limit reached", transient=True),
    10: Known(403, "Application does not have permission for this action"),
    33: Known(400, "Parameter value is not valid"),
    100: Known(400, "Invalid parameter"),
    190: Known(401, "Invalid OAuth access token - Cannot parse access token"),
    200: Known(403, "Permissions error"),
    368: Known(403, "Temporarily blocked for policies violations"),
    803: Known(404, "Some of the aliases you requested do not exist"),
    80007: Known(400, "Rate limit issues", "The account has reached its rate limit."),
    80008: Known(400, "Rate limit issues", "The account has reached its rate limit."),
    130403: Known(400, "Business has blocked this user", "The business has blocked the recipient."),
    130429: Known(400, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: Known(400, "User's number is part of an experiment"),
    130497: Known(403, "Business account is restricted from messaging users in this country."),
    131000: Known(500, "Something went wrong", "Unknown error."),
    131005: Known(403, "Access denied"),
    131008: Known(400, "Required parameter is missing"),
    131009: Known(400, "Parameter value is not valid"),
    131016: Known(500, "Service unavailable", "A service is temporarily unavailable."),
    131020: Known(400, "Message could not be sent"),
    131021: Known(400, "Recipient cannot be sender"),
    131026: Known(400, "Message undeliverable", "Message Undeliverable."),
    131030: Known(
        400,
        "Recipient phone number not in allowed list",
        "Add the recipient phone number to the test number's list.",
    ),
    131031: Known(
        403,
        "Business account has been locked",
        "Restricted or disabled for violating a platform policy.",
    ),
    131037: Known(400, "WhatsApp provided number needs display name approval before message can be sent."),
    131041: Known(400, "Message could not be sent"),
    131042: Known(
        400,
        "Business eligibility payment issue",
        "Message failed to send because there were one or more errors related to your payment method.",
    ),
    131044: Known(400, "Business eligibility payment issue"),
    131045: Known(500, "Incorrect certificate"),
    131047: Known(
        400,
        "Re-engagement message",
        "More than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: Known(
        400,
        "Spam rate limit hit",
        "Restrictions on how many messages can be sent from this phone number.",
    ),
    131049: Known(
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131050: Known(400, "User has stopped receiving marketing messages from this business"),
    131051: Known(400, "Message type unknown", "Message type is currently not supported."),
    131052: Known(400, "Media download error"),
    131053: Known(400, "Media upload error"),
    131055: Known(400, "Method not allowed"),
    131056: Known(
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Too many messages sent from this phone number to the same phone number in a short period of time.",
    ),
    131057: Known(500, "Account in maintenance mode", "Business Account is in maintenance mode"),
    131059: Known(400, "Message could not be sent"),
    131060: Known(400, "This message is currently unavailable.", "Ask the user to send it again."),
    131062: Known(
        400,
        "Business-scoped User ID (BSUID) recipients are not supported for this message.",
        "Use a phone number.",
    ),
    131063: Known(400, "Marketing templates are not available through Cloud API"),
    131064: Known(400, "Messaging limit reached"),
    132000: Known(400, "Number of parameters does not match the expected number of params"),
    132001: Known(404, "Template name does not exist in the translation"),
    132005: Known(400, "Translated text too long"),
    132007: Known(400, "Template content policy violation"),
    132008: Known(400, "Parameter value is not valid"),
    132012: Known(400, "Parameter format does not match format in the created template"),
    132015: Known(400, "Template is Paused", "Paused due to low quality."),
    132016: Known(400, "Template is Disabled"),
    132018: Known(400, "Template parameter problem"),
    132068: Known(400, "Flow is blocked"),
    132069: Known(400, "Flow is throttled"),
    133000: Known(500, "Incomplete Deregistration"),
    133004: Known(503, "Server Temporarily Unavailable"),
    133005: Known(400, "Two step verification PIN Mismatch"),
    133006: Known(400, "Phone number re-verification needed"),
    133010: Known(400, "Account not registered", "The phone number is not registered on the platform."),
    135000: Known(400, "Generic user error"),
    137000: Known(400, "Identity key hash mismatch"),
    138000: Known(400, "Calling not enabled"),
    139100: Known(400, "Failed to block/unblock users", "Failed to block some users"),
}
UNPREFIXED = frozenset({2, 190})

#: What is said instead of the title where a subcode says more.
MESSAGES: dict[tuple[int, int | None], str] = {
    (190, 463): "Error validating access token: Session has expired.",
}


class GraphError(Exception):
    """A refusal in Meta's words: `code`, HTTP `status`, and `body()`, the error envelope."""

    def __init__(
        self,
        code: int,
        details: str | None = None,
        *,
        message: str | None = None,
        subcode: int | None = None,
        status: int | None = None,
        kind: str = "OAuthException",
    ) -> None:
        known = KNOWN.get(code, Known(400, "Error"))
        self.code = code
        self.status = status or known.status
        self.title = known.title
        self.details = details or known.details
        self.transient = known.transient
        self.subcode = subcode
        self.kind = kind
        usual = known.title if code in UNPREFIXED else f"(#{code}) {known.title}"
        self.message = message or MESSAGES.get((code, subcode), usual)
        super().__init__(self.message)

    def body(self, trace: str) -> dict[str, Any]:
        """The envelope of a synchronous refusal."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient:
            error["is_transient"] = True
        return {"error": {**error, "fbtrace_id": trace}}


def status_error(code: int, details: str | None = None) -> dict[str, Any]:
    """One entry of `errors` as it stands in a failed status or an unsupported message."""
    known = KNOWN.get(code, Known(400, "Error"))
    return {
        "code": code,
        "title": known.title,
        "message": known.title,
        "error_data": {"details": details or known.details or known.title},
        "href": HREF,
    }


def no_such_object(id: str, verb: str = "get") -> GraphError:
    """What Graph says of an id it does not know, or that the token may not see."""
    return GraphError(
        100,
        subcode=33,
        kind="GraphMethodException",
        message=f"Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
    )

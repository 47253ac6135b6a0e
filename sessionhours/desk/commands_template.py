"""The command after the service window: an approved template, filled (surfaces §5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate

from sessionhours.core.templates import Filled, filled, unfit
from sessionhours.desk import replies, templates
from sessionhours.desk.call import Call, Data
from sessionhours.errors import Refused


def _template(
    call: Call,
    conversation: str,
    template: str,
    language: str,
    parameters: list[str],
    seen: int | None = None,
    take_over: bool = False,
) -> Data:
    row = call.conversation(conversation, "template")
    chosen = templates.approved(call.session, row.town, row.line, template, language)
    if why := unfit(chosen.body, parameters):
        raise Refused("bad_data", f"parameters: {why}")
    text = Filled(template, language, tuple(parameters), filled(chosen.body, parameters))
    return replies.template(
        call.session,
        call.author,
        row,
        text,
        client_id=call.id,
        seen=seen,
        take_over=take_over,
        now=call.now,
    )


TEMPLATE: dict[str, Callable[Concatenate[Call, ...], Data]] = {"template": _template}

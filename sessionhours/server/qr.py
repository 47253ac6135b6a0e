"""A WhatsApp number as people meet it: printed as the town prints it, as a link, as a QR code."""

from __future__ import annotations

import io
from functools import lru_cache

import phonenumbers
import segno

#: Modules of white around the code, without which scanners do not find it.
QUIET_ZONE = 4


def national(phone: str) -> str:
    """A number in E.164 as it is dialled at home: "+49784280221" is "07842 80221"; else as it came."""
    return _written(phone, phonenumbers.PhoneNumberFormat.NATIONAL)


def international(phone: str) -> str:
    """The same for readers from abroad: "+49 7842 80221"."""
    return _written(phone, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _written(phone: str, format: int) -> str:
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(parsed, format)


def chat_link(phone: str) -> str:
    """The address that opens a chat with this number (landlines too: "https://wa.me/49784280221")."""
    return "https://wa.me/" + "".join(digit for digit in phone if digit.isascii() and digit.isdigit())


@lru_cache(maxsize=64)
def qr_svg(link: str) -> bytes:
    """The QR code of a link as SVG, black on white whatever the page's colours are."""
    out = io.BytesIO()
    code = segno.make(link, error="m", micro=False)
    code.save(
        out, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", xmldecl=False, omitsize=True, nl=False
    )
    return out.getvalue()

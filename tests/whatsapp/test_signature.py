from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionhours.whatsapp.signature import MissingSignature, Verifier, WrongSignature, sign
from tests.whatsapp.updates import PAYLOADS

VECTOR = json.loads((PAYLOADS / "signature_vector.json").read_bytes())
BODY = (PAYLOADS / "signature_vector.body.bin").read_bytes()
SECRET = VECTOR["app_secret"]
HEADER = VECTOR["X-Hub-Signature-256"]
DIGEST = HEADER.removeprefix("sha256=")


def test_the_vector_holds():
    assert len(BODY) == VECTOR["body_bytes"]
    assert sign(SECRET, BODY) == HEADER
    Verifier([SECRET]).verify(BODY, HEADER)
    Verifier([SECRET.encode()]).verify(BODY, HEADER.encode())


@given(st.binary(min_size=1, max_size=200).filter(bytes.strip), st.binary(max_size=300))
def test_it_is_hmac_for_keys_of_any_length(secret: bytes, body: bytes):
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    assert sign(secret, body) == f"sha256={expected}"


@pytest.mark.parametrize("header", [None, "", b""])
def test_an_unsigned_body_is_told_from_a_forged_one(header: str | bytes | None):
    with pytest.raises(MissingSignature):
        Verifier([SECRET]).verify(BODY, header)


@pytest.mark.parametrize(
    "header",
    [
        "sha1=293254699ec0623397ef6751724edd0a065cf39c",
        "sha256=",
        DIGEST,
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST}0",
        f"sha256={DIGEST.upper()}",
        f"SHA256={DIGEST}",
        f"sha256={DIGEST}\n",
        f" sha256={DIGEST}",
        f"sha256={DIGEST},sha256={DIGEST}",
        f"sha256={DIGEST[:-1]}g",
        f"sha256={DIGEST[:-1]}٣",
        f"sha256={'0' * 64}",
        f"sha256={DIGEST}".encode("utf-16"),
    ],
)
def test_only_the_exact_spelling_counts(header: str | bytes):
    with pytest.raises(WrongSignature):
        Verifier([SECRET]).verify(BODY, header)


@pytest.mark.proves("C3")
@pytest.mark.parametrize(
    "changed",
    [
        BODY + b" ",
        BODY[:-1],
        BODY.replace(b"\\/", b"/"),
        json.dumps(json.loads(BODY)).encode(),
        json.dumps(json.loads(BODY), ensure_ascii=False).encode(),
        b"",
    ],
)
def test_a_body_that_was_written_again_no_longer_fits(changed: bytes):
    assert changed != BODY
    with pytest.raises(WrongSignature):
        Verifier([SECRET]).verify(changed, HEADER)


def test_both_secrets_fit_while_one_replaces_the_other():
    rotating = Verifier(["the-next-one", SECRET])
    rotating.verify(BODY, HEADER)
    rotating.verify(BODY, sign("the-next-one", BODY))
    with pytest.raises(WrongSignature):
        Verifier(["the-next-one"]).verify(BODY, HEADER)


@pytest.mark.parametrize("secrets", [[], [""], [b""], [" "], [SECRET, ""]])
def test_nobody_can_sign_with_no_secret(secrets: list[str | bytes]):
    with pytest.raises(ValueError, match="secret"):
        Verifier(secrets)


def test_it_does_not_show_its_secrets():
    assert SECRET not in repr(Verifier([SECRET]))
    assert SECRET not in str(vars(Verifier([SECRET])))

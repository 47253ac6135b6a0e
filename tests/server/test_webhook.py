"""Meta's door over a real socket: what is let in, what is refused, and what is kept (surfaces §4)."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pysqlite3
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from sessionhours.server import webhook
from sessionhours.store import engines
from sessionhours.whatsapp.signature import sign
from tests.fakes import wait_until
from tests.makers import APP_SECRET, VERIFY_TOKEN, body, envelope, message
from tests.server.house import WEBHOOK, House

LARGEST = webhook.LARGEST


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for everything that leaves it as it was."""
    house = House(tmp_path_factory.mktemp("house")).start()
    yield house
    house.stop()


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path).start()
    yield house
    house.stop()


def kept(house: House) -> int:
    """How much of what came is on the disk, applied or in the log."""
    [(count,)] = house.rows("select (select count(*) from intake) + (select count(*) from arrival)")
    return int(count)


def said(house: House, text: str) -> list[tuple[Any, ...]]:
    house.settle()
    return [row for row in house.rows("select text from message") if row[0] == text]


# -- the signature -------------------------------------------------------------------------------------

RIGHT = sign(APP_SECRET, body([message()]))
DIGEST = RIGHT.removeprefix("sha256=")


@pytest.mark.proves("C1", "AC-55", "P1")
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("sha256=", 403),
        ("sha1=", 403),
        (f"sha1={DIGEST}", 403),
        (DIGEST, 403),
        (f"sha256={DIGEST[:-1]}", 403),
        (f"sha256={DIGEST}0", 403),
        (f"sha256={DIGEST.upper()}", 403),
        (f"SHA256={DIGEST}", 403),
        (f"sha256= {DIGEST}", 403),
        (f"sha256={'g' * 64}", 403),
        (f"sha256={'0' * 64}", 403),
        (f"sha256={DIGEST},sha256={DIGEST}", 403),
        (f"sha256={'é' * 64}", 403),
        (sign("another-app", body([message()])), 403),
        (sign("", body([message()])), 403),
    ],
)
def test_only_metas_own_signature_opens(house: House, header: str | None, status: int) -> None:
    before = kept(house)
    headers = {} if header is None else {b"x-hub-signature-256": header.encode("latin-1")}
    with house.client() as client:
        answer = client.post(WEBHOOK, content=body([message()]), headers=headers)
    assert answer.status_code == status
    assert kept(house) == before


@pytest.mark.proves("C1")
def test_the_old_signature_header_counts_for_nothing(house: House) -> None:
    with house.client() as client:
        answer = client.post(WEBHOOK, content=body([message()]), headers={"x-hub-signature": RIGHT})
    assert answer.status_code == 401


@pytest.mark.proves("C3")
@pytest.mark.parametrize("text", ["Grüße", "Guten Tag 🙂", "Straße/Platz 1/2", "  zwei  Leerzeichen "])
def test_the_bytes_are_signed_not_their_meaning(house: House, text: str) -> None:
    as_sent = body([message(text=text, wamid=f"wamid.c3.{text}")])
    update = json.loads(as_sent)
    others = {
        json.dumps(update).encode(),
        json.dumps(update, ensure_ascii=False, separators=(",", ":")).encode(),
        json.dumps(update, separators=(",", ":"), sort_keys=True).encode(),
    } - {as_sent}
    signature = sign(APP_SECRET, as_sent)
    assert [house.post(other, **{"x-hub-signature-256": signature}) for other in others] == [403] * len(
        others
    )
    assert house.post(as_sent) == 200
    assert said(house, text) == [(text,)]


# -- what cannot be an update ----------------------------------------------------------------------------


@pytest.mark.proves("AC-55")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not json",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"--x\r\nContent-Disposition: form-data\r\n",
        b"[" * 4000,
    ],
)
def test_what_is_no_json_is_400(house: House, content: bytes) -> None:
    before = kept(house)
    assert house.post(content) == 400
    assert kept(house) == before


@pytest.mark.proves("C12")
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity"])
def test_nothing_is_ever_unpacked(house: House, encoding: str) -> None:
    assert house.post(body([message()]), **{"content-encoding": encoding}) == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_405_and_say_which_are_not(house: House, method: str) -> None:
    with house.client() as client:
        answer = client.request(method, WEBHOOK)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.proves("F31")
@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"null", b"17", b'"text"', b'{"object":"page","entry":[]}', b'{"entry":7}']
)
def test_signed_json_that_is_no_update_is_taken_and_set_apart(house: House, content: bytes) -> None:
    [(before,)] = house.rows("select count(*) from quarantine")
    assert house.post(content) == 200
    house.settle()
    assert house.rows("select count(*) from quarantine") == [(before + 1,)]


# -- size and patience ---------------------------------------------------------------------------------


def padded(size: int) -> bytes:
    """A signed update of exactly so many bytes."""
    update = envelope([{"field": "messages", "value": {"metadata": {}, "pad": ""}}])
    bare = json.dumps(update).encode()
    return bare.replace(b'"pad": ""', b'"pad": "' + b"x" * (size - len(bare)) + b'"')


@pytest.mark.proves("C7")
@pytest.mark.parametrize(("size", "status"), [(3 * 1024 * 1024, 200), (LARGEST, 200), (LARGEST + 1, 413)])
def test_what_meta_may_send_fits_and_a_byte_more_than_the_cap_does_not(
    house: House, size: int, status: int
) -> None:
    assert len(padded(size)) == size
    assert house.post(padded(size)) == status


@pytest.mark.proves("C7")
def test_a_hundred_megabytes_without_a_length_cost_no_memory(house: House) -> None:
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    before, most = memory(), 0
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as wire:
        wire.sendall(head)
        answer = b""
        for number in range(1600):
            try:
                wire.sendall(chunk)
            except ConnectionError:
                break
            if number % 20 == 0:
                most = max(most, memory())
        wire.settimeout(5)
        answer = wire.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert most - before < 20_000_000
    assert house.post(body([message(wamid="wamid.after.the.flood")])) == 200


def memory() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.proves("C7", "C66")
def test_a_body_that_trickles_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PATIENCE", 0.2)
    before = kept(house)
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as wire:
        wire.sendall(f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n{{".encode())
        assert wire.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert kept(house) == before


@pytest.mark.proves("F1")
def test_half_a_body_is_nothing(house: House) -> None:
    before, whole = kept(house), body([message(wamid="wamid.half")])
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as wire:
        wire.sendall(request(whole)[:-20])
    assert house.post(body([message(wamid="wamid.whole")])) == 200
    assert kept(house) == before + 1


@pytest.mark.proves("F34")
def test_who_leaves_before_the_answer_has_still_delivered(house: House) -> None:
    for number in range(10):
        with socket.create_connection(("127.0.0.1", house.port), timeout=30) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            wire.sendall(request(body([message(text="nicht gewartet", wamid=f"wamid.left.{number}")])))
            if number % 2:
                wire.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: len(said(house, "nicht gewartet")) >= 5)
    again = [house.post(body([message(text="nicht gewartet", wamid=f"wamid.left.{n}")])) for n in range(10)]
    assert again == [200] * 10
    assert len(said(house, "nicht gewartet")) == 10


def request(content: bytes, *headers: str, signature: str | None = None) -> bytes:
    """A signed POST as bytes."""
    lines = [
        f"POST {WEBHOOK} HTTP/1.1",
        "Host: localhost",
        f"X-Hub-Signature-256: {signature or sign(APP_SECRET, content)}",
        *(headers or (f"Content-Length: {len(content)}",)),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


# -- hostile JSON --------------------------------------------------------------------------------------

TEXT = '"text":{"body":"lesbar"}'
HOSTILE = {
    "depth 5,000": '"deep":' + "[" * 5000 + "]" * 5000,
    "depth 100,000": '"deep":' + "[" * 100_000 + "]" * 100_000,
    "objects 100,000 deep": '"deep":' + '{"a":' * 100_000 + "1" + "}" * 100_000,
    "1e999": '"n":1e999',
    "-1e999": '"n":-1e999',
    "5,000 digits": '"n":' + "9" * 5000,
    "2^63": '"n":9223372036854775808',
    "2^64+1": '"n":18446744073709551617',
    "timestamp of 5,000 digits": '"timestamp":' + "9" * 5000,
    "timestamp 10^20 as text": '"timestamp":"100000000000000000000"',
    "a negative timestamp": '"timestamp":-1',
    "duplicate keys": '"type":"image","type":"text"',
    "a lone high surrogate": '"text":{"body":"les\\ud800bar"}',
    "a lone low surrogate": '"text":{"body":"les\\udc00bar"}',
    "surrogates the wrong way round": '"text":{"body":"les\\udc00\\ud800bar"}',
    "NUL in text": '"text":{"body":"les\\u0000bar"}',
    "NUL in a name": '"from":"491\\u00007139200"',
    "control characters": '"text":{"body":"les\\u0001\\u001b[31mbar"}',
    "an object for a text": '"text":{"body":{"$ne":""}}',
    "a list for a sender": '"from":["a"]',
    "a null for everything": '"from":null,"from_user_id":null,"timestamp":null,"type":null',
    "prototype keys": '"__proto__":{"admin":true},"constructor":{"name":"x"}',
}


@pytest.mark.proves("C8", "C9", "C10", "C11", "C12", "C48")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_json_is_taken_and_shows_up_and_harms_nobody(house: House, case: str) -> None:
    content = hostile(case)
    before = house.rows("select (select count(*) from message) + (select count(*) from quarantine)")[0][0]
    assert house.post(content) == 200
    assert house.post(body([message(text=case, wamid=f"wamid.after.{case}")])) == 200
    assert said(house, case) == [(case,)]
    after = house.rows("select (select count(*) from message) + (select count(*) from quarantine)")[0][0]
    assert after == before + 2, "an item came and is nowhere to be seen"


def hostile(case: str) -> bytes:
    """A message with something in it that parsers stumble over."""
    plain = message(number=3, text="lesbar", wamid=f"wamid.hostile.{case}")
    whole = body([plain]).decode()
    mark = '"type":"text"'
    assert whole.count(mark) == 1
    return whole.replace(mark, f"{mark},{HOSTILE[case]}").encode()


@pytest.mark.proves("C9")
@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "0x10", "01", "1.", "+1", "'a'"])
def test_what_only_some_parsers_call_json_is_400(house: House, word: str) -> None:
    assert house.post(f'{{"object":"whatsapp_business_account","n":{word}}}'.encode()) == 400


@pytest.mark.proves("C10", "C11")
def test_half_a_surrogate_and_a_nul_leave_a_readable_message(house: House) -> None:
    plain = body([message(number=4, text="XX", wamid="wamid.readable")])
    assert house.post(plain.replace(b'"XX"', b'"Gr\\u00fc\\ud800\\u0000\\u00dfe"')) == 200
    assert said(house, "Grü�ße") == [("Grü�ße",)]


# -- the same again, and what belongs to nobody ---------------------------------------------------------


@pytest.mark.proves("C4", "F22", "AC-55")
def test_a_captured_body_has_no_effect_ever_again(new_house: House) -> None:
    house, content = new_house, body([message(text="einmal")])
    assert [house.post(content) for _ in range(3)] == [200] * 3
    house.clock.forward(days=8)
    assert house.post(content) == 200
    assert said(house, "einmal") == [("einmal",)]
    assert len(house.rows("select 1 from event where name = 'message.created'")) == 1


@pytest.mark.proves("F23", "AC-21", "P1")
async def test_the_same_body_at_the_same_moment_is_one_message(new_house: House) -> None:
    content = body([message(text="zugleich")])
    headers = {"x-hub-signature-256": sign(APP_SECRET, content)}
    async with httpx.AsyncClient(base_url=new_house.url, trust_env=False, verify=False, timeout=20) as client:
        posts = [client.post(WEBHOOK, content=content, headers=headers) for _ in range(20)]
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
    assert said(new_house, "zugleich") == [("zugleich",)]


@pytest.mark.proves("C5", "F37")
def test_a_foreign_number_is_nobodys_and_told_to_the_admin(new_house: House) -> None:
    assert new_house.post(body([message()], phone_number_id="200000000000999")) == 200
    new_house.settle()
    assert new_house.rows("select count(*) from message") == [(0,)]
    assert new_house.rows("select town, state from quarantine") == [(None, "kept")]
    [notice] = new_house.agent("Die Verwaltung", "admin").snapshot()["notices"]
    assert notice["code"] == "unknown_line"
    assert "200000000000999" in notice["message"]


# -- the handshake ---------------------------------------------------------------------------------------


@pytest.mark.proves("C13")
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, (200, "1158201444")),
        ({"hub.verify_token": "guess"}, (403, "no")),
        ({"hub.verify_token": ""}, (403, "no")),
        ({"hub.verify_token": None}, (403, "no")),
        ({"hub.verify_token": VERIFY_TOKEN.upper()}, (403, "no")),
        ({"hub.verify_token": VERIFY_TOKEN + "x"}, (403, "no")),
        ({"hub.verify_token": "ä" * 20}, (403, "no")),
        ({"hub.mode": "unsubscribe"}, (403, "no")),
        ({"hub.mode": None}, (403, "no")),
        ({"hub.challenge": None}, (403, "no")),
        ({"hub.challenge": ""}, (403, "no")),
        ({"hub.challenge": "<script>alert(1)</script>"}, (403, "no")),
        ({"hub.challenge": "1\r\nSet-Cookie: a=b"}, (403, "no")),
        ({"hub.challenge": "1" * 5000}, (403, "no")),
    ],
)
def test_the_handshake_answers_only_who_knows_the_word(
    house: House, query: dict[str, str | None], answer: tuple[int, str]
) -> None:
    good = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    with house.client() as client:
        got = client.get(WEBHOOK, params={k: v for k, v in {**good, **query}.items() if v is not None})
    assert (got.status_code, got.text) == answer
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in got.headers


# -- requests that could be two ---------------------------------------------------------------------------


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: {n}", "Content-Length: 0"),
        ("Content-Length: 0", "Content-Length: {n}"),
        ("Content-Length: {n}", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: {n}"),
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: 99999999999999999999999999",),
        ("Content-Length: -1",),
        ("Content-Length: {n}", " folded: line"),
    ],
)
def test_an_ambiguous_request_is_refused_whoever_signed_it(house: House, headers: tuple[str, ...]) -> None:
    before, content = kept(house), body([message(wamid="wamid.ambiguous")])
    given = [header.format(n=len(content)) for header in headers]
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as wire:
        wire.sendall(request(content, *given))
        assert wire.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert kept(house) == before


@pytest.mark.proves("C14")
def test_what_a_proxy_is_said_to_have_said_changes_nothing(house: House) -> None:
    content = body([message(wamid="wamid.forwarded")])
    spoofed = {"host": "evil.example", "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "evil.example"}
    assert house.post(content, **spoofed) == 200
    assert house.post(content, **spoofed, **{"x-hub-signature-256": "sha256=" + "0" * 64}) == 403


# -- what cannot be stored -------------------------------------------------------------------------------


@pytest.mark.proves("F11", "F10")
def test_a_database_held_by_another_is_503_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY", 0.1)
    house = House(tmp_path).start()
    mayor = house.agent()
    shell = pysqlite3.connect(tmp_path / "sessionhours.db", isolation_level=None)
    shell.execute("BEGIN EXCLUSIVE")
    assert house.post(body([message(text="später")])) == 503
    house.clock.forward(minutes=6)
    assert mayor.get("/api/snapshot").status_code == 200
    shell.execute("ROLLBACK")
    shell.close()
    assert house.post(body([message(text="später")])) == 200
    assert said(house, "später") == [("später",)]
    house.stop()


@pytest.mark.proves("F10")
def test_a_full_disk_is_503_and_the_consoles_stay_readable(new_house: House) -> None:
    house = new_house
    house.says(text="vorher")
    mayor = house.agent()
    fill(house)
    large = [body([message(2, "zu viel", wamid=f"wamid.full.{n}")], pad="x" * 300_000) for n in range(3)]
    assert [house.post(one) for one in large] == [503] * 3
    house.clock.forward(minutes=6)
    assert mayor.get("/api/snapshot").status_code == 200
    assert mayor.get(f"/api/conversations/{mayor.conversation()['id']}/messages").status_code == 200
    row = mayor.conversation()["id"]
    answers = [mayor.command("note", conversation=row, text="x" * 4000) for _ in range(80)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert (refused[-1].status_code, refused[-1].json()["error"]["code"]) == (503, "not_stored")
    with house.client() as client:
        assert client.get("/healthz").status_code == 200
    fill(house, pages=2**30)
    assert house.post(large[0]) == 200
    assert said(house, "zu viel") == [("zu viel",)]


def fill(house: House, pages: int | None = None) -> None:
    """Let the file grow no more, or again, whichever connection writes: SQLite says what it says on a full disk."""
    [(used,)] = house.rows("PRAGMA page_count")
    words = f"PRAGMA max_page_count = {pages or used}"
    database = house.office.database
    event.listen(database.writer, "checkout", lambda connection, *about: connection.execute(words))
    database.submit(lambda session: session.connection().exec_driver_sql(words)).result(10)


@pytest.mark.proves("F9")
def test_after_a_failed_write_to_disk_nothing_is_acknowledged_any_more(new_house: House) -> None:
    """A retry after a failed sync may lie: the house says so and wants to be started again."""

    def fails(session: Any) -> None:
        raise OperationalError("COMMIT", {}, pysqlite3.OperationalError("disk I/O error"))

    assert new_house.office.database.submit(fails).exception(10) is not None
    assert new_house.post(body([message()])) == 503
    with new_house.client() as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "the disk reported an error; the process must be restarted" in answer.json()["reasons"]


# -- how long it takes -----------------------------------------------------------------------------------


@pytest.mark.proves("AC-20")
def test_the_answer_comes_at_once(new_house: House) -> None:
    took = []
    with new_house.client() as client:
        for number in range(300):
            content = body([message(number % 50 + 1, f"Frage {number}")])
            began = time.perf_counter()
            answer = client.post(
                WEBHOOK, content=content, headers={"x-hub-signature-256": sign(APP_SECRET, content)}
            )
            took.append(time.perf_counter() - began)
            assert answer.status_code == 200
    assert sorted(took)[296] < 0.2
    new_house.settle()
    assert new_house.rows("select count(*) from message") == [(300,)]


@pytest.mark.proves("AC-58", "C8")
def test_nobody_waits_while_three_hostile_megabytes_are_read(new_house: House) -> None:
    """The loop's own work between two turns, while a batch of 3 MB and other messages come in.

    It is measured in the thread's own time: how long others keep this machine busy is not the server's doing.
    """
    deep = b"[" * 1_500_000 + b"]" * 1_500_000
    batch = body([message(n % 90 + 1, "Frage " * 180, wamid=f"wamid.batch.{n}") for n in range(1900)])
    assert 2_000_000 < len(batch) < 3_000_000
    late, worked = new_house.run(pauses_while(new_house, [deep, batch]))
    assert len(worked) > 50
    assert max(worked) < 0.05
    assert sorted(late)[len(late) // 2] < 0.05
    assert new_house.rows("select count(*) from quarantine") == [(1,)]


async def pauses_while(house: House, bodies: list[bytes]) -> tuple[list[float], list[float]]:
    """How late the server's own loop was, and how long it worked, while these bodies and others came."""
    loop, late, worked = asyncio.get_running_loop(), list[float](), list[float]()

    def deliver() -> None:
        statuses = [house.post(one) for one in bodies]
        statuses += [house.post(body([message(1, "dazu", wamid=f"wamid.beside.{n}")])) for n in range(100)]
        house.settle()
        assert set(statuses) == {200}

    delivering = loop.run_in_executor(None, deliver)
    while not delivering.done():
        began, busy = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - began - 0.005)
        worked.append(time.thread_time() - busy)
    await delivering
    return late, worked

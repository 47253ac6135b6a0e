"""Mails on their way through a whole server: a mail server that is down, one that refuses, a process that dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sessionhours.core.letter import Letter, NotTaken
from sessionhours.desk import mails
from tests.fakes import wait_until
from tests.server.eve import Eve, new_eve
from tests.smtp import Postbox

__all__ = ["new_eve"]

NewEve = Callable[..., Eve]


def queue(eve: Eve, to: str = "it@example.org", key: str = "test") -> None:
    database = eve.house.office.database
    subject, body = "Prüfung der Sprechstunde", "Bitte prüfen Sie den Zugang.\n"
    database.submit(mails.queue, "kappelrodeck", [to], subject, body, key, eve.clock()).result(10)


def tries(eve: Eve) -> int:
    return int(eve.house.rows("select sum(tries) from mail")[0][0])


def test_a_mail_server_that_is_down_gets_it_once_it_is_up(new_eve: NewEve) -> None:
    eve = new_eve()
    assert eve.box is not None
    eve.box.stop()
    queue(eve)
    wait_until(lambda: tries(eve) == 1)
    wait_until(lambda: eve.house.rows("select why is not null from mail") in ([(1,)], [(True,)]))
    with eve.house.client() as client:
        assert client.get("/readyz").status_code == 200, "nothing else suffers"
    eve.box.start()
    eve.clock.forward(seconds=30)
    [letter] = eve.letters()
    assert (letter.mail["Subject"], letter.text) == (
        "Prüfung der Sprechstunde",
        "Bitte prüfen Sie den Zugang.\n",
    )
    assert eve.house.rows("select state, tries, why from mail") == [("sent", 2, None)]


def test_who_is_refused_is_told_to_the_admin_and_the_others_get_theirs(new_eve: NewEve) -> None:
    eve = new_eve()
    assert eve.box is not None
    eve.box.answers["weg@example.org"] = "550 no such user"
    for to in ("weg@example.org", "it@example.org", "kaputt"):
        queue(eve, to)
    assert [letter.to for letter in eve.letters()] == [["it@example.org"]]
    assert sorted(eve.notices("mail_failed")) == [
        "Eine Mail kam nicht an: kaputt (no mail address)",
        "Eine Mail kam nicht an: weg@example.org (the server refuses the recipient (550))",
    ]


def test_a_process_that_dies_before_it_wrote_it_down_sends_it_again(new_eve: NewEve) -> None:
    """Twice under one Message-ID rather than not at all."""
    eve = new_eve()
    postman = eve.house.office.postman
    assert postman.mailer is not None
    postman.mailer = _Dying(postman.mailer.send)
    queue(eve)
    assert eve.box is not None
    box: Postbox = eve.box
    wait_until(lambda: len(box.letters) == 1)
    eve.restart(eve.clock() + mails.LEASE)
    assert [letter.mail["Message-ID"] for letter in eve.letters()] == [box.letters[0].mail["Message-ID"]] * 2


class _Dying:
    """Hands it in, and then nothing is ever heard of it again."""

    def __init__(self, send: Callable[[Letter], object]) -> None:
        self._send = send

    async def send(self, letter: Letter) -> NotTaken | None:
        await self._send(letter)  # type: ignore[misc]
        await asyncio.Event().wait()
        return None

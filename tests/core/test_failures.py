from __future__ import annotations

import itertools

import pytest

from sessionhours.core import failures
from sessionhours.core.failures import MEANINGS, RANGES, explain, meaning
from sessionhours.core.message import Failure

#: Every code of the contract's table (§8.2) by its class there; calls and names, which we never use, under N.
TABLE = {
    "P": [4, 80007, 80008, 130429, 131056, 131057, 132069, 133000, 133004],
    "U": [1, 2, 131000, 131016],
    "S": [
        *(0, 190, 3, 10, 200, 250, 299, 33, 368, 131005, 131031, 131037, 131042, 131044, 131045, 131048),
        *(133005, 133006, 133008, 133009, 133010, 133015, 133016, 136024, 136025),
    ],
    "N": [
        *(100, 803, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131041, 131047),
        *(
            131049,
            131050,
            131051,
            131052,
            131053,
            131055,
            131059,
            131060,
            131062,
            131063,
            131064,
            131201,
            131215,
        ),
        *(
            132000,
            132001,
            132005,
            132007,
            132008,
            132012,
            132015,
            132016,
            132018,
            132068,
            134011,
            134100,
            134102,
        ),
        *(135000, 137000, 138000, 138018, 139100, 139103, 147001, 147005, 2388001, 2494055, 2593107, 2593108),
    ],
}
CODES = [(code, kind) for kind, codes in TABLE.items() for code in codes]

#: Codes that the table lists without a meaning ("read details"): treated as unknown ones, class N (§8.2).
BARE = {131020, 131041, 131059}


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_the_class_is_the_contracts(code: int, kind: str):
    known = meaning(code)
    assert (known.kind if known else "N") == kind
    assert (known is None) is (code in BARE)


@pytest.mark.proves("AC-56")
@pytest.mark.parametrize("code", [*(code for code, _ in CODES), 5, 131999, 999999, -1])
def test_every_code_has_a_sentence_with_a_next_step(code: int):
    german, english = explain(code, "de"), explain(code, "en")
    assert german.endswith(".")
    assert english.endswith(".")
    assert german != english
    steps = ("itte", "erneut versucht", "nur eine Vorlage", "Technik")
    assert any(step in german for step in steps), german
    assert any(step in english for step in ("lease", "trying again", "only a template", "echnicians")), (
        english
    )


def test_the_console_microcopy_is_kept():
    assert explain(131047) == "Die 24-Stunden-Frist ist abgelaufen – nur eine Vorlage ist möglich."
    assert explain(131026).startswith("Nicht zustellbar: Nummer nicht (mehr) bei WhatsApp, oder App zu alt.")
    assert explain(131049).startswith(
        "WhatsApp hat die Werbegrenze dieser Person erreicht und nicht zugestellt."
    )
    assert explain(131050).startswith("Person hat Rundnachrichten abbestellt")
    assert explain(131056) == explain(130429)
    assert explain(131056) == "Zu viele Nachrichten in kurzer Zeit – wird in 1 Min. erneut versucht."
    assert explain(131053).startswith("Bild konnte nicht übertragen werden.")
    assert explain(190) == "Zugang zu WhatsApp abgelaufen – bitte Technik informieren."
    assert explain(131042).startswith("Zahlungsproblem beim WhatsApp-Konto – Technik")
    assert explain(4711).startswith("WhatsApp konnte die Nachricht nicht zustellen (Code 4711).")


def test_the_ranges_do_not_overlap():
    spans = sorted((codes.start, codes.stop) for codes, _ in RANGES)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_only_what_is_tried_again_says_so():
    for code, known in MEANINGS.items():
        assert ("erneut versucht" in known.de) is (known.kind == "P"), code


def test_a_refused_file_says_only_its_code():
    error = failures.MediaRefused(Failure(131053, "title", "details"))
    assert str(error) == "code 131053"

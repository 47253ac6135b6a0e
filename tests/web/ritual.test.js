import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTCOMES, tally } from "../../web/console/outcomes.js";
import {
  anew,
  chosen,
  complete,
  item,
  outdated,
  reachable,
  UNDECIDED,
  unaccounted,
  words,
  written,
} from "../../web/console/ritual.js";
import { conversation } from "./makers.js";

const TEXTS = {
  promised: "Sie hören von uns bis {date}.",
  carried_over: "Sie kommen zuerst dran. Nächster Termin: Donnerstag.",
  handed_over: "Zuständig ist: {department}.",
  declined: "Der Grund: {reason}. Andere Wege: Telefon.",
};
const verdict = (outcome, detail = "", text = null) => ({ outcome, detail, text });

test("what is previewed is what the server will send", () => {
  assert.equal(
    words(verdict("promised", "2026-12-04"), TEXTS, "de"),
    "Sie hören von uns bis Freitag, 4. Dezember 2026.",
  );
  assert.equal(
    words(verdict("promised", "2026-12-04"), { promised: "By {date}." }, "en"),
    "By Friday, 4 December 2026.",
  );
  assert.equal(words(verdict("handed_over", "Bauhof"), TEXTS, "de"), "Zuständig ist: Bauhof.");
  assert.equal(
    words(verdict("declined", "Das Land entscheidet. "), TEXTS, "de"),
    "Der Grund: Das Land entscheidet. Andere Wege: Telefon.",
  );
  assert.equal(words(verdict("carried_over"), TEXTS, "de"), TEXTS.carried_over);
});

test("an answer has spoken for itself, and what somebody wrote stands", () => {
  assert.equal(words(verdict("answered"), TEXTS, "de"), "");
  assert.equal(words(verdict("promised", "2026-12-04", "Bis morgen!"), TEXTS, "de"), "Bis morgen!");
  assert.equal(words(UNDECIDED, TEXTS, "de"), "");
});

test("an own text goes on saying the detail when that is changed", () => {
  const typed = "Wir melden uns bis Donnerstag, 10. Dezember 2026. Viele Grüße!";
  const first = written(verdict("promised", "2026-12-10"), typed, "de");
  assert.equal(words(first, TEXTS, "de"), typed);
  const later = { ...first, detail: "2026-12-20" };
  assert.equal(words(later, TEXTS, "de"), "Wir melden uns bis Sonntag, 20. Dezember 2026. Viele Grüße!");
  assert.equal(item("c", later, true).text, "Wir melden uns bis {date}. Viele Grüße!", "the server fills it");
  assert.equal(outdated(later), false);
  const empty = written(verdict("handed_over"), "Zuständig ist jetzt: ….", "de");
  assert.equal(words({ ...empty, detail: "Bauhof" }, TEXTS, "de"), "Zuständig ist jetzt: Bauhof.");
});

test("an own text that says the detail in other words is out of date once that is changed", () => {
  const first = written(verdict("promised", "2026-12-10"), "Bis zum Zehnten!", "de");
  const later = { ...first, detail: "2026-12-20" };
  assert.deepEqual([outdated(first), outdated(later)], [false, true]);
  assert.equal(outdated(written(later, "Bis zum Zwanzigsten!", "de")), false);
  assert.equal(outdated(verdict("promised", "2026-12-10")), false);
  assert.equal(outdated(written(verdict("carried_over"), "Bis bald!", "de")), false);
});

test("what is typed is never read as a placeholder", () => {
  assert.equal(words(verdict("handed_over", "$& {date}"), TEXTS, "de"), "Zuständig ist: $& {date}.");
});

test("nobody is settled without an outcome, and none without what it says", () => {
  const may = (...of) => complete(verdict(...of), true);
  assert.equal(complete(UNDECIDED, true), false);
  assert.deepEqual([may("answered"), may("carried_over")], [true, true]);
  for (const outcome of ["promised", "handed_over", "declined"]) {
    assert.equal(may(outcome), false, outcome);
    assert.equal(may(outcome, " . "), false, outcome);
    assert.equal(may(outcome, "x"), true, outcome);
  }
  assert.equal(may("carried_over", "", "  "), false, "a text that was emptied");
  assert.equal(complete(verdict("carried_over", "", ""), false), true, "who cannot be written to");
});

test("a promise has a date as soon as it is chosen, over the end of a year too", () => {
  assert.deepEqual(chosen("promised", "2026-12-28"), verdict("promised", "2027-01-04"));
  assert.deepEqual(chosen("declined", "2026-12-28"), verdict("declined"));
});

test("the standing text is left to the server; who cannot be written to gets none", () => {
  assert.deepEqual(item("c", verdict("handed_over", " Bauhof. "), true), {
    conversation: "c",
    outcome: "handed_over",
    department: "Bauhof",
  });
  assert.deepEqual(item("c", verdict("promised", "2026-12-04", "Bis Freitag!"), true), {
    conversation: "c",
    outcome: "promised",
    date: "2026-12-04",
    text: "Bis Freitag!",
  });
  assert.equal(item("c", verdict("carried_over", "", "Bis bald!"), false).text, "");
  assert.deepEqual(item("c", verdict("answered"), false), { conversation: "c", outcome: "answered" });
});

test("an outcome that is known is changed, one that nobody here saw is not", () => {
  const asked = item("c", verdict("declined", "Privatsache"), true);
  assert.deepEqual(anew(asked, "promised"), { ...asked, again: true });
  assert.deepEqual(anew(asked, null), asked);
});

test("unaccounted are those of this session who wait, the longest wait first", () => {
  const one = (id, lane, minute, session = "s") =>
    conversation({ id, lane, session, waiting_since: `2026-12-03T14:${minute}:00.000Z` });
  const all = [
    one("b", "drafting", "07"),
    one("done", "done", "01"),
    one("answered", "answered", "01"),
    one("held", "held", "01"),
    one("other", "waiting", "01", "t"),
    one("a", "waiting", "05"),
    one("c", "approval", "09"),
  ];
  assert.deepEqual(
    unaccounted(all, "s").map((row) => row.id),
    ["a", "b", "c"],
  );
});

test("who can be written to is decided by the window's end", () => {
  const row = conversation({ window_closes_at: "2026-12-04T14:00:00.000Z" });
  const end = Date.parse(row.window_closes_at);
  assert.deepEqual([reachable(row, end - 1), reachable(row, end)], [true, false]);
  assert.equal(reachable(conversation({ window_closes_at: null }), end), false);
});

test("outcomes are counted in the order in which they are offered", () => {
  const all = ["declined", "answered", null, "answered", "promised"].map((outcome, n) =>
    conversation({ outcome, session: n < 4 ? "s" : "t" }),
  );
  assert.deepEqual(tally(all, "s"), [
    { outcome: "answered", n: 2 },
    { outcome: "declined", n: 1 },
  ]);
  assert.equal(tally(all, null).length, 3);
  assert.deepEqual(OUTCOMES, ["answered", "promised", "carried_over", "handed_over", "declined"]);
});

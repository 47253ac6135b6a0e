import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Announcer, minutesToSay } from "../../web/console/announce.js";
import { Console } from "../../web/console/console.js";
import { forecast, suggestsLastQuestions } from "../../web/console/forecast.js";
import { load } from "../../web/console/i18n.js";
import { Unsent } from "../../web/console/unsent.js";
import { Clock, counter, Socket, Storage } from "./fakes.js";
import { conversation, event, session, snapshot } from "./makers.js";

const ME = {
  agent: { id: "me", name: "Erika Keller", roles: ["mayor"] },
  rights: {},
  town: { id: "m", name: "Musterstadt", timezone: "Europe/Berlin", language: "de", address: "Sie" },
  lines: [],
  texts_language: "de",
};
const at = (time) => Date.parse(`2026-12-03T${time}:00.000Z`);
const MINUTE = 60_000;

before(() => load("de"));

test("the forecast is people times pace, from now on", () => {
  const hour = session({ state: "open", pace: 180, counts: { waiting: 6 } });
  assert.deepEqual(forecast(hour, at("14:40")), { until: at("14:58"), enough: true });
  assert.deepEqual(forecast(hour, at("14:42")), { until: at("15:00"), enough: true });
  assert.deepEqual(forecast(hour, at("14:43")), { until: at("15:01"), enough: false });
});

test("nothing is forecast while nobody waits or too few answers were given", () => {
  assert.equal(forecast(session({ pace: null, counts: { waiting: 6 } }), at("14:40")), null);
  assert.equal(forecast(session({ pace: 180, counts: { waiting: 0 } }), at("14:40")), null);
  assert.equal(forecast(session({ pace: 180, counts: null }), at("14:40")), null);
});

test("the last questions are proposed where the time is short, and only while intake is open", () => {
  const short = (state) => session({ state, pace: 600, counts: { waiting: 6 } });
  const states = ["lobby", "open", "intake_closed", "draining"];
  assert.deepEqual(
    states.filter((state) => suggestsLastQuestions(short(state), at("14:40"))),
    ["open"],
  );
  assert.equal(
    suggestsLastQuestions(session({ state: "open", pace: 60, counts: { waiting: 6 } }), at("14:40")),
    false,
  );
});

test("each mark is said as it is passed, and what is left where several were slept through", () => {
  const said = (from, to) => minutesToSay(from * MINUTE, to * MINUTE);
  assert.equal(said(15.01, 15), 15);
  assert.equal(said(15, 14.99), null);
  assert.equal(said(10.001, 9.99), 10);
  assert.equal(said(1.01, 0.995), 1);
  assert.equal(said(20, 7.5), 8);
  assert.equal(said(1.5, -1), null);
  assert.equal(said(30, 16), null);
});

/** A console on a fake socket; what it says, and time that passes second by second. */
function begin() {
  const parts = { clock: new Clock(), said: [] };
  parts.model = new Console({
    me: ME,
    clock: parts.clock,
    unsent: new Unsent(new Storage(), "me"),
    newId: counter(),
    openSocket: () => {
      parts.socket = new Socket();
      return parts.socket;
    },
    page: { frame: (run) => run(), hidden: () => false, focus: () => {} },
    announcer: new Announcer({
      clock: parts.clock,
      polite: (text) => parts.said.push(text),
      urgent: (text) => parts.said.push(`! ${text}`),
      sum: (n) => `${n} neu`,
    }),
  });
  globalThis.fetch = async () => ({ ok: true, json: async () => ({ messages: [], more: false }) });
  parts.model.live.feed.start();
  parts.begin = (now, hour, people = []) => {
    parts.socket.accept();
    const data = snapshot({ now, session: hour, sessions: [hour], conversations: people });
    parts.socket.say({ type: "welcome", seq: 10, version: "1", snapshot: data });
    parts.socket.say({ type: "live" });
  };
  let seq = 10;
  parts.happens = (name, data) => parts.socket.say({ type: "event", ...event(++seq, name, data) });
  parts.pass = (seconds) => {
    for (let n = 0; n < seconds; n++) {
      parts.clock.pass(1_000);
      parts.socket.say({ type: "beat", at: new Date(parts.model.live.now()).toISOString(), seq: 10 });
      parts.model.pass();
    }
  };
  parts.commands = () => parts.socket.sent.filter((frame) => frame.type === "command");
  parts.answer = (n, result) => parts.socket.say({ type: "result", id: parts.commands()[n].id, ...result });
  return parts;
}

test("the marks are said once each, the last one urgently, and again after the hour was extended", () => {
  const parts = begin();
  const hour = session({ state: "open" });
  parts.begin("2026-12-03T14:44:30.000Z", hour);
  parts.pass(14 * 60 + 40);
  assert.deepEqual(parts.said, [
    "Noch 15 Minuten.",
    "Noch 10 Minuten.",
    "Noch 5 Minuten.",
    "! Noch 1 Minute.",
  ]);
  parts.happens("session.updated", { ...hour, closes: "2026-12-03T15:05:00.000Z" });
  parts.pass(5 * 60);
  assert.deepEqual(parts.said.slice(4), [
    "Die Sprechstunde endet jetzt um 16:05.",
    "Noch 5 Minuten.",
    "! Noch 1 Minute.",
  ]);
});

test("marks that are past when the console is opened are not said, nor any in the lobby or after the end", () => {
  const parts = begin();
  parts.begin("2026-12-03T14:52:00.000Z", session({ state: "open" }));
  parts.pass(60);
  assert.deepEqual(parts.said, []);
  for (const state of ["lobby", "draining"]) {
    const other = begin();
    other.begin("2026-12-03T14:49:50.000Z", session({ state }));
    other.pass(20);
    assert.deepEqual(other.said, [], state);
  }
});

test("that the time is short is said once", () => {
  const parts = begin();
  parts.begin("2026-12-03T14:20:00.000Z", session({ state: "open", pace: 600, counts: { waiting: 6 } }));
  parts.pass(120);
  assert.deepEqual(parts.said, ["Die Zeit reicht voraussichtlich nicht für alle. Vorschlag: letzte Fragen."]);
});

test("the end is told with what became of everybody, and what was chosen for nobody is forgotten", () => {
  const parts = begin();
  const hour = session({ state: "draining" });
  const people = ["answered", "answered", "promised", null].map((outcome) =>
    conversation({ session: hour.id, outcome, lane: outcome ? "done" : "waiting" }),
  );
  parts.begin("2026-12-03T15:02:00.000Z", hour, people);
  parts.model.hour.decide([people[3].id], { outcome: "declined", detail: "", text: null });
  parts.happens("session.updated", { ...hour, state: "closed" });
  parts.happens("conversation.updated", { ...people[3], outcome: "carried_over", lane: "follow_up" });
  parts.clock.pass(300);
  assert.deepEqual(parts.said, [
    "Die Sprechstunde ist beendet. 2 beantwortet, 1 Antwort zugesagt, 1 nächstes Mal zuerst",
  ]);
  assert.equal(parts.model.session.value, null);
  assert.deepEqual(parts.model.hour.verdicts.value, {});
  assert.equal(parts.model.state.value.over.id, hour.id);
});

test("the lobby's session is begun for as long as it was planned", () => {
  const parts = begin();
  const hour = session({ state: "lobby" });
  parts.begin("2026-12-03T13:55:00.000Z", hour);
  parts.model.hour.begin(hour);
  assert.deepEqual(parts.commands()[0].data, { line: "buergermeister", minutes: 60 });
});

test("finishing settles, then closes; a session that closed by itself in between is what was wanted", async () => {
  const parts = begin();
  const hour = session({ state: "draining" });
  parts.begin("2026-12-03T15:02:00.000Z", hour);
  const items = [{ conversation: "c1", outcome: "carried_over" }];
  const done = parts.model.hour.finish(hour.id, items);
  assert.deepEqual(parts.commands()[0].data, { session: hour.id, items });
  parts.answer(0, { ok: true, data: {} });
  await new Promise(setImmediate);
  assert.deepEqual(parts.commands()[1].data, { session: hour.id });
  parts.answer(1, { ok: false, error: { code: "session_closed", message: "…" } });
  assert.equal((await done).ok, true);
});

test("who presses end second hears that it is over; a refused settling closes nothing", async () => {
  const parts = begin();
  const hour = session({ state: "open" });
  parts.begin("2026-12-03T14:30:00.000Z", hour);
  const second = parts.model.hour.finish(hour.id, []);
  parts.answer(0, { ok: false, error: { code: "session_closed", message: "Seit 15:29 beendet." } });
  assert.equal((await second).error.message, "Seit 15:29 beendet.");
  const refused = parts.model.hour.finish(hour.id, [{ conversation: "c1", outcome: "promised" }]);
  parts.answer(1, { ok: false, error: { code: "settled", message: "…", conversation: "c1" } });
  assert.equal((await refused).error.conversation, "c1");
  assert.equal(parts.commands().length, 2);
});

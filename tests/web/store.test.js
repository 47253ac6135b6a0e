import assert from "node:assert/strict";
import { test } from "node:test";
import * as store from "../../web/console/store.js";
import { conversation, event, message, session, snapshot } from "./makers.js";

const begun = (changes) => store.fromSnapshot(store.empty(), snapshot(changes));
const texts = (state, id) => state.timelines.get(id).entries.map((entry) => entry.text);

/** A state as the snapshot that would describe it. */
function asSnapshot(state) {
  const list = (map) => [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    seq: state.seq,
    session: store.currentSession(state),
    next_session: store.nextSession(state),
    conversations: list(state.conversations),
    agents: list(state.agents),
  };
}

test("snapshot before and events are the snapshot after", () => {
  const [one, two] = [conversation({ id: "a" }), conversation({ id: "b" })];
  const running = session({ id: "s", state: "open" });
  const next = session({ id: "t", opens: "2027-01-07T14:00:00.000Z" });
  const before = begun({ conversations: [one], sessions: [running], session: running, next_session: next });
  const answered = { ...one, lane: "answered", waiting_since: null };
  const later = session({ id: "u", opens: "2027-02-04T14:00:00.000Z" });
  const after = store.applyAll(before, [
    event(11, "conversation.created", two),
    event(12, "conversation.updated", answered),
    event(13, "session.updated", { ...running, state: "closed" }),
    event(14, "session.updated", { ...next, state: "open" }),
    event(15, "session.created", later),
    event(16, "agent.updated", { id: "x", name: "M. Brandt", roles: ["assistant"], disabled: false }),
    event(17, "conversation.removed", { id: "b" }),
  ]);
  const opened = { ...next, state: "open" };
  const fresh = begun({
    seq: 17,
    conversations: [answered],
    session: opened,
    sessions: [opened],
    next_session: later,
    agents: [{ id: "x", name: "M. Brandt", roles: ["assistant"], disabled: false }],
  });
  assert.deepEqual(asSnapshot(after), asSnapshot(fresh));
});

test("an event that is already in the state changes nothing", () => {
  const before = begun({ seq: 20 });
  assert.equal(store.apply(before, event(20, "conversation.created", conversation())), before);
});

test("an unknown event only moves seq", () => {
  const before = begun();
  assert.deepEqual(store.apply(before, event(11, "weather.changed", {})), { ...before, seq: 11 });
});

test("objects that did not change keep their identity", () => {
  const [one, two] = [conversation({ id: "a" }), conversation({ id: "b" })];
  const after = store.apply(
    begun({ conversations: [one, two] }),
    event(11, "conversation.updated", { ...two, unread: 1 }),
  );
  assert.equal(after.conversations.get("a"), one);
  assert.equal(after.conversations.get("b").unread, 1);
});

test("a disabled agent is gone", () => {
  const agent = { id: "x", name: "M. Brandt", roles: ["assistant"], disabled: false };
  const after = store.apply(
    begun({ agents: [agent] }),
    event(11, "agent.updated", { ...agent, disabled: true }),
  );
  assert.equal(after.agents.size, 0);
});

test("a message stands where it was written, then as it was first seen", () => {
  let state = store.timelineLoading(begun(), "c1");
  const at = (minute) => `2026-12-03T14:${minute}:00.000Z`;
  const page = [
    message({ text: "eins", sent_at: at("01"), seq: 1 }),
    message({ text: "drei", sent_at: at("05"), seq: 3 }),
  ];
  state = store.timelineLoaded(state, "c1", { messages: page, notes: [], more: false });
  const late = message({ text: "zwei", sent_at: at("02"), received_at: at("41"), late: true, seq: 12 });
  const same = message({ text: "vier", sent_at: at("05"), seq: 13 });
  state = store.applyAll(state, [event(12, "message.created", late), event(13, "message.created", same)]);
  assert.deepEqual(texts(state, "c1"), ["eins", "zwei", "drei", "vier"]);
});

test("what came as an event while a page was on its way is kept once, as the event tells it", () => {
  let state = store.timelineLoading(begun(), "c1");
  const old = message({ id: "m", status: "queued", direction: "outbound" });
  state = store.apply(state, event(11, "message.created", { ...old, status: "delivered" }));
  state = store.timelineLoaded(state, "c1", { messages: [old], more: true });
  const timeline = state.timelines.get("c1");
  assert.deepEqual(
    timeline.entries.map((entry) => entry.status),
    ["delivered"],
  );
  assert.equal(timeline.more, true);
});

test("an older page goes before what is there", () => {
  let state = store.timelineLoading(begun(), "c1");
  state = store.timelineLoaded(state, "c1", { messages: [message({ text: "neu" })], more: true });
  const older = message({ text: "alt", sent_at: "2026-12-03T13:00:00.000Z" });
  const note = {
    id: "n",
    conversation: "c1",
    author: { id: "x", name: "S" },
    text: "Notiz",
    at: "2026-12-03T13:30:00.000Z",
  };
  state = store.timelineLoaded(state, "c1", { messages: [older], notes: [note], more: false });
  assert.deepEqual(texts(state, "c1"), ["alt", "Notiz", "neu"]);
});

test("a page that cannot be read says so and keeps what is there", () => {
  let state = store.timelineLoaded(store.timelineLoading(begun(), "c1"), "c1", {
    messages: [message()],
    more: true,
  });
  state = store.timelineFailed(store.timelineLoading(state, "c1"), "c1");
  assert.equal(state.timelines.get("c1").state, "failed");
  assert.equal(state.timelines.get("c1").entries.length, 1);
});

test("where the removed message was the oldest of a page, the next one takes its place", () => {
  const page = [message({ id: "first" }), message({ id: "second" })];
  let state = store.timelineLoading(begun(), "c1");
  state = store.timelineLoaded(state, "c1", { messages: page, more: true });
  state = store.apply(state, event(11, "message.removed", { id: "first" }));
  assert.equal(state.timelines.get("c1").from, "second");
});

test("a removed message is gone", () => {
  const one = message({ id: "m" });
  let state = store.timelineLoaded(store.timelineLoading(begun(), "c1"), "c1", {
    messages: [one],
    more: false,
  });
  state = store.apply(state, event(11, "message.removed", { id: "m" }));
  assert.deepEqual(texts(state, "c1"), []);
});

test("a notice that no longer holds is gone", () => {
  const notice = {
    id: "n",
    level: "error",
    code: "schedule_faults",
    message: "Zeile 14",
    at: "2026-12-03T14:00:00.000Z",
  };
  let state = store.apply(begun(), event(11, "notice.created", notice));
  assert.equal(state.notices.length, 1);
  state = store.apply(state, event(12, "notice.removed", { id: "n" }));
  assert.deepEqual(state.notices, []);
});

test("a result shows a message at once, but never undoes its event", () => {
  let state = store.timelineLoaded(store.timelineLoading(begun(), "c1"), "c1", { messages: [], more: false });
  const queued = message({ id: "m", direction: "outbound", status: "queued", client_id: "1" });
  const shown = store.addResult(state, { ...queued, type: "message" });
  assert.equal(shown.timelines.get("c1").entries.length, 1);
  state = store.apply(state, event(11, "message.created", { ...queued, status: "sent" }));
  assert.equal(store.addResult(state, { ...queued, type: "message" }), state);
});

for (const [before, next, shown] of [
  ["queued", "sent", "sent"],
  ["sent", "read", "read"],
  ["read", "delivered", "read"],
  ["delivered", "failed", "delivered"],
  ["sent", "failed", "failed"],
  ["failed", "queued", "queued"],
  ["failed", "delivered", "delivered"],
  [null, "queued", "queued"],
]) {
  test(`status ${before} and then ${next} shows ${shown}`, () => {
    assert.equal(store.laterStatus(before, next), shown);
  });
}

test("the earliest running session counts, and an over one leaves", () => {
  const first = session({ id: "a", state: "draining", opens: "2026-12-03T13:00:00.000Z" });
  const second = session({ id: "b", state: "open" });
  const state = begun({ sessions: [second, first], session: first });
  assert.equal(store.currentSession(state).id, "a");
  const after = store.apply(state, event(11, "session.updated", { ...first, state: "closed" }));
  assert.equal(store.currentSession(after).id, "b");
});

test("a changed schedule makes the sessions outdated until they are read anew, and nothing else", () => {
  const kept = conversation({ id: "a" });
  const changed = store.apply(begun({ conversations: [kept] }), event(11, "schedule.changed", {}));
  assert.equal(changed.outdated, true);
  const next = session({ id: "n" });
  const read = store.refreshSessions(changed, snapshot({ seq: 99, next_session: next }));
  assert.equal(store.nextSession(read).id, "n");
  assert.equal(read.seq, 11);
  assert.equal(read.conversations.get("a"), kept);
});

test("the budget of each line follows its events", () => {
  const held = { line: "a", month: "2026-12", delivered: 1, free: 10, cap: 10, forecast: 11, stopped: false };
  const before = begun({ seq: 1, budget: [held, { ...held, line: "b" }] });
  const told = store.apply(before, event(2, "budget.updated", { ...held, delivered: 2 }));
  assert.deepEqual(
    [...told.budget.values()].map((one) => [one.line, one.delivered]),
    [
      ["a", 2],
      ["b", 1],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { counts, inTab, lingering, neighbour, queue, standing, TABS, wait } from "../../web/console/queue.js";
import { conversation } from "./makers.js";

const ids = (rows) => rows.map((row) => row.id);
const at = (minute) => `2026-12-03T14:${minute}:00.000Z`;

test("who waits longest comes first; who waits for nothing comes last", () => {
  const rows = [
    conversation({ id: "new", waiting_since: at("20") }),
    conversation({ id: "none", waiting_since: null }),
    conversation({ id: "old", waiting_since: at("05") }),
  ];
  assert.deepEqual(ids(queue(rows, "open", "me")), ["old", "new", "none"]);
});

test("whose time to be answered is nearly over comes up, but not whose time is over", () => {
  const now = Date.parse("2026-12-03T14:30:00.000Z");
  const closes = (minutes) => new Date(now + minutes * 60_000).toISOString();
  const row = (id, minute, left, changes = {}) =>
    conversation({ id, waiting_since: at(minute), window_closes_at: closes(left), ...changes });
  const rows = [
    row("long", "00", 120),
    row("over", "01", 0),
    row("later", "20", 119),
    row("soon", "10", 1),
    row("answered", "05", 5, { waiting_since: null }),
  ];
  assert.deepEqual(ids(queue(rows, "open", "me", now)), ["soon", "later", "long", "over", "answered"]);
  assert.deepEqual(ids(queue(rows, "open", "me")), ["long", "over", "soon", "later", "answered"]);
});

test("who was left over last time comes before everybody, as long as they wait", () => {
  const rows = [
    conversation({ id: "early", waiting_since: at("05") }),
    conversation({ id: "carried", waiting_since: at("30"), carried: true }),
    conversation({ id: "carried-first", waiting_since: at("10"), carried: true }),
  ];
  assert.deepEqual(ids(queue(rows, "open", "me")), ["carried-first", "carried", "early"]);
});

test("what is owed comes by its date; what has none comes last", () => {
  const owed = (id, outcome, detail) =>
    conversation({ id, lane: "follow_up", outcome, outcome_detail: detail, waiting_since: null });
  const rows = [
    owed("office", "handed_over", "Bauamt 1"),
    owed("later", "promised", "2026-12-11"),
    owed("soon", "promised", "2026-12-04"),
  ];
  assert.deepEqual(ids(queue(rows, "follow_up", "me")), ["soon", "later", "office"]);
});

test("writing again never costs the place", () => {
  const first = conversation({ id: "a", waiting_since: at("05"), unread: 1 });
  const second = conversation({ id: "b", waiting_since: at("06"), unread: 1 });
  const again = { ...first, unread: 9, last_message: { id: "m", text: "?", sent_at: at("30") } };
  assert.deepEqual(ids(queue([second, again], "open", "me")), ["a", "b"]);
});

test("each lane has its tab", () => {
  const where = (lane) => TABS.filter((tab) => inTab(conversation({ lane }), tab, "me")).join();
  const lanes = ["held", "waiting", "drafting", "approval", "answered", "follow_up", "done"];
  assert.deepEqual(lanes.map(where), ["open", "open", "open", "open", "done", "follow_up", "done"]);
});

test("mine are those I have claimed and not finished", () => {
  const rows = [
    conversation({ id: "a", assignee: "me" }),
    conversation({ id: "b", assignee: "you" }),
    conversation({ id: "c", assignee: "me", lane: "done" }),
    conversation({ id: "d", assignee: "me", lane: "answered" }),
  ];
  assert.deepEqual(ids(queue(rows, "mine", "me")).sort(), ["a", "d"]);
  assert.deepEqual(counts(rows, "me"), { open: 2, mine: 2, follow_up: 0, done: 2 });
});

test("a standing list keeps its rows and counts the new ones", () => {
  assert.deepEqual(standing(["a", "b"], ["c", "b", "d"]), { ids: ["a", "b"], fresh: 2 });
});

test("a row that leaves stays in its place for as long as it lingers", () => {
  assert.deepEqual(
    lingering(["a", "b", "c"], ["a", "c", "d"], (id) => id === "b"),
    ["a", "b", "c", "d"],
  );
  assert.deepEqual(
    lingering(["a", "b", "c"], ["a", "c", "d"], () => false),
    ["a", "c", "d"],
  );
});

test("ten minutes are long", () => {
  const row = conversation({ waiting_since: at("00") });
  assert.deepEqual(wait(row, Date.parse(at("09")) + 59_000), { minutes: 9, long: false });
  assert.deepEqual(wait(row, Date.parse(at("10"))), { minutes: 10, long: true });
  assert.equal(wait(conversation({ waiting_since: null }), 0), null);
});

test("neighbours, from the ends too", () => {
  assert.equal(neighbour(["a", "b"], "a", 1), "b");
  assert.equal(neighbour(["a", "b"], "b", 1), null);
  assert.equal(neighbour(["a", "b"], null, 1), "a");
  assert.equal(neighbour(["a", "b"], "gone", -1), "b");
  assert.equal(neighbour([], null, 1), null);
});

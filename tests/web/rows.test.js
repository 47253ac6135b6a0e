import assert from "node:assert/strict";
import { test } from "node:test";
import { Composing, FORGOTTEN_AFTER, TOLD_EVERY } from "../../web/console/composing.js";
import { LINGER, MOVED_EVERY, Rows } from "../../web/console/rows.js";
import { Clock } from "./fakes.js";
import { conversation } from "./makers.js";

function begin(...ids) {
  const clock = new Clock();
  const all = new Map();
  const put = (id, changes = {}) =>
    all.set(id, conversation({ id, waiting_since: at(all.size), ...changes }));
  const at = (minute) => new Date(Date.UTC(2026, 11, 3, 14, minute)).toISOString();
  for (const id of ids) put(id);
  const rows = new Rows({ clock, me: "me", conversations: () => all });
  rows.arrange();
  return { clock, all, put, rows, shown: () => rows.ids.value.join("") };
}

test("a new arrival lands at the bottom", () => {
  const { put, rows, shown } = begin("a", "b");
  put("c");
  rows.arrange();
  assert.equal(shown(), "abc");
});

test("while somebody points at it the list stands still and counts what is new", () => {
  const { put, rows, shown, all } = begin("a", "b");
  rows.hold(true);
  put("c");
  all.get("a").lane = "answered";
  rows.arrange();
  assert.equal(shown(), "ab");
  assert.equal(rows.fresh.value, 1);
  rows.hold(false);
  assert.equal(rows.fresh.value, 0);
  assert.match(shown(), /c/);
});

test("what is new can be sorted in without letting go", () => {
  const { put, rows, shown } = begin("a");
  rows.hold(true);
  put("b");
  rows.sortIn();
  assert.equal(shown(), "ab");
  put("c");
  rows.arrange();
  assert.equal(shown(), "ab");
});

test("a row that somebody answered stays three seconds in its place", () => {
  const { rows, shown, all, clock } = begin("a", "b", "c");
  all.get("b").lane = "answered";
  rows.arrange();
  assert.equal(shown(), "abc");
  clock.pass(LINGER - 1);
  assert.equal(shown(), "abc");
  clock.pass(1);
  assert.equal(shown(), "ac");
});

test("the list moves at most once a second, and never misses the last change", () => {
  const { put, rows, shown, clock } = begin("a");
  put("b");
  rows.follow();
  assert.equal(shown(), "a");
  put("c");
  rows.follow();
  clock.pass(MOVED_EVERY);
  assert.equal(shown(), "abc");
});

test("a tab begins anew", () => {
  const { rows, shown, put } = begin("a");
  put("d", { lane: "done" });
  rows.hold(true);
  rows.show("done");
  assert.equal(shown(), "d");
});

test("typing is told at most every three seconds, and forgotten after six", () => {
  const clock = new Clock();
  const told = [];
  const composing = new Composing({ clock, tell: (id) => told.push(id) });
  for (let keys = 0; keys < 10; keys++) {
    composing.typed("a");
    clock.pass(TOLD_EVERY / 5);
  }
  assert.deepEqual(told, ["a", "a"]);
  clock.pass(FORGOTTEN_AFTER);
  assert.deepEqual(told, ["a", "a", null]);
  composing.stop();
  assert.deepEqual(told, ["a", "a", null]);
});

test("another conversation is told at once", () => {
  const told = [];
  const composing = new Composing({ clock: new Clock(), tell: (id) => told.push(id) });
  composing.typed("a");
  composing.typed("b");
  assert.deepEqual(told, ["a", "b"]);
});

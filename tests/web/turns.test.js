import assert from "node:assert/strict";
import { test } from "node:test";
import { queue } from "../../web/console/queue.js";
import { turns } from "../../web/console/turns.js";
import { conversation } from "./makers.js";

const at = (minute) => `2026-12-03T14:${minute}:00.000Z`;
const kept = (id, minute, more = {}) => conversation({ id, kept: true, session: "s", waiting_since: at(minute), ...more });
const live = (id, minute, more = {}) => conversation({ id, kept: false, session: "s", waiting_since: at(minute), ...more });
const order = (rows) => queue(rows, "open", "me").map((row) => row.id).join(" ");

test("whose question was kept and who comes live take turns, each by time", () => {
  const rows = [kept("k2", "01"), live("l1", "10"), kept("k1", "00"), live("l3", "12"), kept("k3", "02"), live("l2", "11")];
  assert.equal(order(rows), "k1 l1 k2 l2 k3 l3");
});

test("where one kind is short the other follows on", () => {
  assert.equal(order([kept("k1", "00"), kept("k2", "01"), live("l1", "10")]), "k1 l1 k2");
  assert.equal(order([kept("k1", "00"), live("l1", "10"), live("l2", "11")]), "k1 l1 l2");
});

test("after one whose question was kept it is another's turn, whoever took them and how", () => {
  const taken = kept("k1", "00", { assignee: "you", assigned_at: at("15") });
  const answered = kept("k0", "00", { assignee: "you", assigned_at: at("16"), lane: "answered" });
  const rows = [kept("k2", "01"), live("l1", "10"), live("l2", "11")];
  assert.equal(order([taken, ...rows]), "k1 l1 k2 l2");
  assert.equal(order([answered, ...rows]), "l1 k2 l2");
  const since = live("l0", "09", { assignee: "me", assigned_at: at("17"), lane: "answered" });
  assert.equal(order([answered, since, ...rows]), "k2 l1 l2");
});

test("who was taken in another hour does not count", () => {
  const before = kept("k0", "00", { assignee: "you", assigned_at: at("16"), lane: "answered", session: "older" });
  assert.equal(order([before, kept("k1", "01"), live("l1", "10")]), "k1 l1");
});

test("who has somebody already, or was carried over, keeps the place", () => {
  const rows = [kept("k1", "05"), live("l1", "10"), live("mine", "04", { assignee: "me", assigned_at: at("01") })];
  assert.equal(order([...rows, live("carried", "00", { carried: true })]), "carried mine k1 l1");
});

test("without anybody kept nothing changes", () => {
  const rows = [live("a", "01"), live("b", "00")];
  assert.deepEqual(turns(rows, rows), rows);
});

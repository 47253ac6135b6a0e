import assert from "node:assert/strict";
import { test } from "node:test";
import { Feed, LONGEST_PAUSE, SILENCE } from "../../web/console/feed.js";
import { Clock, Socket } from "./fakes.js";

class Heard {
  states = [];
  events_ = [];
  snapshots = [];
  results = [];
  caught = 0;
  last = null;

  seq = () => this.last;
  connection = (state) => this.states.push(state);
  snapshot = (shot) => {
    this.snapshots.push(shot);
    this.last = shot.seq;
  };
  events = (events) => {
    this.events_.push(...events.map((one) => one.seq));
    this.last = events.at(-1).seq;
  };
  caughtUp = () => {
    this.caught += 1;
  };
  result = (result) => this.results.push(result.id);
  signal = () => {};
  beat = () => {};
  version = () => {};
}

function begin() {
  const clock = new Clock();
  const heard = new Heard();
  const sockets = [];
  const open = () => {
    sockets.push(new Socket());
    return sockets.at(-1);
  };
  const feed = new Feed({ open, clock, listener: heard });
  feed.start();
  return { clock, heard, sockets, feed, socket: () => sockets.at(-1) };
}

function live(parts, seq = 5) {
  parts.socket().accept();
  const snapshot = parts.heard.last === null ? { seq } : null;
  parts.socket().say({ type: "welcome", seq, version: "1", snapshot });
  parts.socket().say({ type: "live" });
}

test("says hello without since at first, then with the last seq", () => {
  const parts = begin();
  live(parts);
  assert.deepEqual(parts.socket().sent, [{ type: "hello", since: null }]);
  parts.socket().say({ type: "events", events: [{ seq: 6 }, { seq: 7 }] });
  parts.socket().end(1006);
  parts.clock.pass(500);
  parts.socket().accept();
  assert.deepEqual(parts.socket().sent, [{ type: "hello", since: 7 }]);
});

test("is live only after the server says so, and hands nothing over before", () => {
  const parts = begin();
  parts.socket().accept();
  assert.equal(parts.feed.command({ id: "1", name: "next", data: {} }), false);
  parts.socket().say({ type: "welcome", seq: 5, version: "1", snapshot: { seq: 5 } });
  assert.deepEqual(parts.heard.states, ["catching_up"]);
  parts.socket().say({ type: "live" });
  assert.deepEqual(parts.heard.states, ["catching_up", "live"]);
  assert.equal(parts.heard.caught, 1);
  assert.equal(parts.feed.command({ id: "1", name: "next", data: {} }), true);
});

test("comes back for ever, with pauses up to eight seconds", () => {
  const parts = begin();
  live(parts);
  const gaps = [];
  for (let tries = 0; tries < 40; tries++) {
    const from = parts.clock.now();
    const before = parts.sockets.length;
    parts.socket().end(1006);
    while (parts.sockets.length === before) parts.clock.pass(50);
    gaps.push(parts.clock.now() - from);
  }
  assert.deepEqual(gaps.slice(0, 6), [500, 1000, 2000, 4000, 8000, 8000]);
  assert.equal(Math.max(...gaps), LONGEST_PAUSE);
  assert.equal(parts.sockets.length, 41);
});

test("a good connection starts the pauses anew", () => {
  const parts = begin();
  live(parts);
  for (let tries = 0; tries < 4; tries++) {
    parts.socket().end(1006);
    parts.clock.pass(LONGEST_PAUSE);
  }
  live(parts);
  const before = parts.sockets.length;
  parts.socket().end(1006);
  parts.clock.pass(500);
  assert.equal(parts.sockets.length, before + 1);
});

test("twelve silent seconds are offline, and what a dead socket says later counts for nothing", () => {
  const parts = begin();
  live(parts);
  const dead = parts.socket();
  assert.equal(SILENCE, 12_000);
  parts.clock.pass(SILENCE - 1);
  assert.equal(parts.feed.state, "live");
  parts.clock.pass(1);
  assert.equal(parts.feed.state, "lost");
  assert.equal(dead.closed, true);
  dead.say({ type: "event", seq: 6 });
  assert.deepEqual(parts.heard.events_, []);
});

test("a beat is a sign of life", () => {
  const parts = begin();
  live(parts);
  for (let beats = 0; beats < 10; beats++) {
    parts.clock.pass(5_000);
    parts.socket().say({ type: "beat", at: "2026-12-03T14:00:00Z", seq: 5 });
  }
  assert.equal(parts.feed.state, "live");
});

test("a lost network is said at once, and its return tried at once", () => {
  const parts = begin();
  live(parts);
  parts.feed.lose();
  assert.equal(parts.feed.state, "lost");
  parts.feed.wake();
  assert.equal(parts.sockets.length, 2);
  live(parts);
  assert.deepEqual(parts.heard.states.slice(-2), ["catching_up", "live"]);
  parts.clock.pass(1_000);
  assert.equal(parts.sockets.length, 2);
});

for (const [code, state] of [
  [4001, "login"],
  [4003, "forbidden"],
]) {
  test(`close code ${code} is ${state}, and is not tried again`, () => {
    const parts = begin();
    live(parts);
    parts.socket().end(code);
    parts.clock.pass(600_000);
    parts.feed.wake();
    assert.equal(parts.feed.state, state);
    assert.equal(parts.sockets.length, 1);
  });
}

for (const [code, state] of [
  [1012, "restarting"],
  [4008, "lost"],
]) {
  test(`close code ${code} is ${state}, and comes back with since`, () => {
    const parts = begin();
    live(parts, 9);
    parts.socket().end(code);
    assert.equal(parts.feed.state, state);
    parts.clock.pass(500);
    parts.socket().accept();
    assert.deepEqual(parts.socket().sent, [{ type: "hello", since: 9 }]);
  });
}

test("a restart that takes a while is still a restart", () => {
  const parts = begin();
  live(parts);
  parts.socket().end(1012);
  parts.clock.pass(500);
  parts.socket().end(1006);
  assert.equal(parts.feed.state, "restarting");
});

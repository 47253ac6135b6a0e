import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Announcer } from "../../web/console/announce.js";
import { Console } from "../../web/console/console.js";
import { load } from "../../web/console/i18n.js";
import { Unsent } from "../../web/console/unsent.js";
import { Clock, counter, Socket, Storage } from "./fakes.js";
import { conversation, event, message, session, snapshot } from "./makers.js";

const ME = {
  agent: { id: "me", name: "Erika Keller", roles: ["mayor"] },
  rights: { reply: true, note: true, claim: true, next: true, resolve: true },
  town: { id: "m", name: "Musterstadt", timezone: "Europe/Berlin", language: "de", address: "Sie" },
  lines: [{ id: "buergermeister", title: "Sprechstunde" }],
  texts_language: "de",
};

before(() => load("de"));

/** A console on a fake socket and a fake fetch; frames are drawn when `draw()` is called. */
function begin({ pages = {}, storage = new Storage() } = {}) {
  const parts = { clock: new Clock(), sockets: [], frames: [], said: [], asked: [] };
  globalThis.fetch = async (path) => {
    parts.asked.push(path);
    if (parts.down) throw new TypeError("Failed to fetch");
    const body = pages[path.split("?")[0]] ?? { messages: [], notes: [], more: false };
    return { ok: true, json: async () => body };
  };
  parts.model = new Console({
    me: ME,
    clock: parts.clock,
    unsent: new Unsent(storage, "me"),
    newId: counter(),
    openSocket: () => {
      parts.sockets.push(new Socket());
      return parts.sockets.at(-1);
    },
    page: { frame: (run) => parts.frames.push(run), hidden: () => false, focus: () => {} },
    announcer: new Announcer({
      clock: parts.clock,
      polite: (text) => parts.said.push(text),
      urgent: (text) => parts.said.push(`! ${text}`),
      sum: (n) => `${n} neu`,
    }),
  });
  parts.model.live.feed.start();
  parts.socket = () => parts.sockets.at(-1);
  parts.sent = (type) => parts.socket().sent.filter((frame) => frame.type === type);
  parts.draw = () => {
    for (const run of parts.frames.splice(0)) run();
  };
  parts.begin = (changes) => {
    parts.socket().accept();
    parts
      .socket()
      .say({ type: "welcome", seq: 10, version: "1", snapshot: changes ? snapshot(changes) : null });
    parts.socket().say({ type: "live" });
  };
  parts.happens = (seq, name, data) => {
    parts.socket().say({ type: "event", ...event(seq, name, data) });
    parts.draw();
  };
  return parts;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A console with one conversation, open and read. */
async function talking(changes = {}) {
  const parts = begin(changes);
  parts.begin({ conversations: [conversation({ id: "c1", unread: 1 })] });
  parts.model.open("c1");
  await settled();
  return parts;
}

test("events are applied once a frame", () => {
  const parts = begin();
  parts.begin({});
  for (let seq = 11; seq < 31; seq++)
    parts.socket().say({ type: "event", ...event(seq, "conversation.created", conversation()) });
  assert.equal(parts.frames.length, 1);
  assert.equal(parts.model.state.value.conversations.size, 0);
  parts.draw();
  assert.equal(parts.model.state.value.conversations.size, 20);
});

test("a reply is shown at once, carries what the screen showed, and becomes the message with its client id", async () => {
  const parts = await talking();
  parts.happens(14, "conversation.updated", conversation({ id: "c1" }));
  parts.model.send("Guten Tag");
  const [command] = parts.sent("command");
  assert.deepEqual(command.data, { conversation: "c1", text: "Guten Tag", seen: 14 });
  assert.equal(parts.model.live.pending.value.length, 1);
  const said = message({ direction: "outbound", client_id: command.id, text: "Guten Tag", status: "queued" });
  parts.happens(15, "message.created", said);
  assert.equal(parts.model.live.pending.value.length, 0);
  assert.equal(parts.model.timeline.value.entries.length, 1);
});

test("a history that could not be read is asked for again when the connection is back, and when it is reopened", async () => {
  const asked = message({ text: "Wann kommt der Bauhof?" });
  const parts = begin({ pages: { "/api/conversations/c1/messages": { messages: [asked], more: false } } });
  parts.begin({ conversations: [conversation({ id: "c1" }), conversation({ id: "c2" })] });
  parts.down = true;
  parts.model.open("c1");
  await settled();
  assert.equal(parts.model.timeline.value.state, "failed");
  parts.socket().end();
  parts.clock.pass(10_000);
  parts.down = false;
  parts.begin();
  await settled();
  assert.deepEqual(
    parts.model.timeline.value.entries.map((entry) => entry.text),
    [asked.text],
  );
  parts.down = true;
  parts.model.open("c2");
  await settled();
  parts.down = false;
  parts.model.open("c1");
  parts.model.open("c2");
  await settled();
  assert.equal(parts.model.timeline.value.state, "ready");
});

test("a tick for an old message does not make a hole: the next page goes before the last one", async () => {
  const first = message({ id: "m50", sent_at: "2026-12-03T14:10:00.000Z" });
  const parts = begin({ pages: { "/api/conversations/c1/messages": { messages: [first], more: true } } });
  parts.begin({ conversations: [conversation({ id: "c1" })] });
  parts.model.open("c1");
  await settled();
  const old = message({
    id: "m10",
    direction: "outbound",
    status: "read",
    sent_at: "2026-12-03T14:01:00.000Z",
  });
  parts.happens(11, "message.updated", old);
  await parts.model.loadOlder();
  assert.match(parts.asked.at(-1), /before=m50$/);
});

test("the result may come before the event; then the message stands there already, once", async () => {
  const parts = await talking();
  parts.model.send("Guten Tag");
  const id = parts.sent("command")[0].id;
  const said = message({ id: "m", direction: "outbound", client_id: id, status: "queued" });
  parts.socket().say({ type: "result", id, ok: true, data: { message: said } });
  assert.equal(parts.model.live.pending.value.length, 0);
  parts.happens(15, "message.created", { ...said, status: "sending" });
  assert.deepEqual(
    parts.model.timeline.value.entries.map((entry) => entry.status),
    ["sending"],
  );
});

test("stale: the missed answer is shown, and sending anyway has a new id and the new seen", async () => {
  const parts = await talking();
  parts.model.send("Guten Tag");
  const id = parts.sent("command")[0].id;
  const error = { code: "stale", message: "…", seq: 20, missed: [message({ text: "Schon beantwortet" })] };
  parts.socket().say({ type: "result", id, ok: false, error });
  assert.equal(parts.model.live.pending.value[0].error.missed[0].text, "Schon beantwortet");
  parts.model.sendAnyway(id, error);
  const again = parts.sent("command")[1];
  assert.notEqual(again.id, id);
  assert.equal(again.data.seen, 20);
});

test("claimed: taking over says so", async () => {
  const parts = await talking();
  parts.model.send("Guten Tag");
  const error = { code: "claimed", message: "…", assignee: "you" };
  parts.socket().say({ type: "result", id: parts.sent("command")[0].id, ok: false, error });
  parts.model.sendAnyway(parts.sent("command")[0].id, error);
  assert.equal(parts.sent("command")[1].data.take_over, true);
});

test("what is written without a connection goes out after it is back, once and current", async () => {
  const parts = await talking();
  parts.socket().end(1006);
  parts.model.send("Ohne Netz");
  assert.equal(parts.model.live.pending.value[0].state, "waiting");
  parts.clock.pass(500);
  parts.socket().accept();
  assert.deepEqual(parts.sent("hello"), [{ type: "hello", since: 10 }]);
  parts.socket().say({ type: "welcome", seq: 10, version: "1", snapshot: null });
  parts
    .socket()
    .say({ type: "events", events: [event(11, "message.created", message({ text: "Inzwischen" }))] });
  assert.equal(parts.sent("command").length, 0);
  parts.socket().say({ type: "live" });
  assert.equal(parts.sent("command").length, 1);
  assert.equal(parts.model.timeline.value.entries.length, 1);
  assert.equal(parts.model.live.caughtUp.value, 1);
  parts.clock.pass(5_000);
  assert.equal(parts.model.live.caughtUp.value, 0);
});

test("the time of the loss stays until it is over", async () => {
  const parts = await talking();
  const now = parts.model.live.now();
  parts.socket().end(1012);
  assert.equal(parts.model.live.lostAt.value, now);
  for (let tries = 0; tries < 5; tries++) {
    parts.clock.pass(10_000);
    parts.socket().end(1006);
  }
  assert.equal(parts.model.live.lostAt.value, now);
  parts.clock.pass(10_000);
  parts.begin();
  assert.equal(parts.model.live.lostAt.value, null);
});

test("a beat moves seen on, also past events that this agent may not see", async () => {
  const parts = await talking();
  parts.socket().say({ type: "beat", at: "2026-12-03T14:20:00Z", seq: 33 });
  parts.model.send("Guten Tag");
  assert.equal(parts.sent("command")[0].data.seen, 33);
});

test("the clock is the server's", () => {
  const parts = begin();
  parts.begin({ now: "2026-12-03T14:10:00.000Z", session: session({ state: "open" }) });
  parts.clock.pass(4_000);
  assert.equal(new Date(parts.model.live.now()).toISOString(), "2026-12-03T14:10:04.000Z");
});

test("a note never carries seen, and the next text is an answer again", async () => {
  const parts = await talking();
  parts.model.write("note");
  parts.model.send("Bauhof fragen");
  assert.deepEqual(parts.sent("command")[0].data, { conversation: "c1", text: "Bauhof fragen" });
  assert.equal(parts.sent("command")[0].name, "note");
  assert.equal(parts.model.mode.value, "reply");
  const author = { kind: "agent", id: "me", name: "Erika Keller" };
  parts.happens(12, "note.created", {
    id: "n",
    conversation: "c1",
    author,
    text: "Bauhof fragen",
    at: "2026-12-03T14:11:00Z",
  });
  assert.equal(parts.model.live.pending.value.length, 0);
});

test("who was read is not unread any more, until they write again", async () => {
  const last = (id) => ({
    id,
    direction: "inbound",
    kind: "text",
    text: "?",
    sent_at: "2026-12-03T14:05:00Z",
  });
  const parts = begin();
  parts.begin({ conversations: [conversation({ id: "c1", unread: 2, last_message: last("m1") })] });
  assert.equal(parts.model.unread.value, 1);
  parts.model.open("c1");
  await settled();
  assert.equal(parts.model.unreadAtOpening.value, 2);
  parts.model.open(null);
  assert.equal(parts.model.unreadOf(parts.model.state.value.conversations.get("c1")), 0);
  parts.happens(11, "conversation.updated", conversation({ id: "c1", unread: 3, last_message: last("m2") }));
  assert.equal(parts.model.unreadOf(parts.model.state.value.conversations.get("c1")), 3);
});

test("a conversation that vanishes while it is open gives way to its neighbour", async () => {
  const parts = begin();
  parts.begin({ conversations: [conversation({ id: "a" }), conversation({ id: "b" })] });
  parts.model.open("a");
  await settled();
  parts.happens(11, "conversation.removed", { id: "a" });
  assert.equal(parts.model.selected.value, "b");
});

test("next opens whom the server chose, and says so when nobody waits", async () => {
  const parts = begin();
  parts.begin({ conversations: [conversation({ id: "a" })] });
  const first = parts.model.next();
  parts.socket().say({
    type: "result",
    id: parts.sent("command")[0].id,
    ok: true,
    data: { conversation: conversation({ id: "a" }) },
  });
  await first;
  assert.equal(parts.model.selected.value, "a");
  const second = parts.model.next();
  parts
    .socket()
    .say({ type: "result", id: parts.sent("command")[1].id, ok: true, data: { conversation: null } });
  await second;
  assert.equal(parts.model.toast.value.text, "Gerade wartet niemand");
});

test("a command without a connection says why it cannot be done", async () => {
  const parts = begin();
  await parts.model.hour.steer("extend", { minutes: 5 });
  assert.deepEqual(parts.model.toast.value, { kind: "problem", text: "Erst wieder mit Verbindung möglich." });
});

test("a begun text waits in its conversation", async () => {
  const parts = await talking();
  parts.model.typed("Angefangen");
  assert.equal(parts.model.unsent.text("c1", "reply"), "Angefangen");
  assert.deepEqual(parts.sent("signal").at(-1), {
    type: "signal",
    name: "agent.composing",
    data: { conversation: "c1" },
  });
  parts.model.send("Angefangen");
  assert.equal(parts.model.unsent.text("c1", "reply"), "");
});

test("a failed message of one's own is said urgently", async () => {
  const parts = await talking();
  const author = { kind: "agent", id: "me", name: "Erika Keller" };
  parts.happens(
    12,
    "message.updated",
    message({ direction: "outbound", author, status: "failed", text: "Guten Tag" }),
  );
  assert.deepEqual(parts.said, ["! Nicht gesendet: Guten Tag"]);
});

test("a new release is told, not taken", async () => {
  const parts = await talking();
  parts.socket().end(1012);
  parts.clock.pass(500);
  parts.socket().accept();
  parts.socket().say({ type: "welcome", seq: 10, version: "2", snapshot: null });
  assert.equal(parts.model.live.newVersion.value, true);
});

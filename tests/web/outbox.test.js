import assert from "node:assert/strict";
import { test } from "node:test";
import { ASK_AFTER, CONFIRM_WITHIN, Outbox } from "../../web/console/outbox.js";
import { Unsent } from "../../web/console/unsent.js";
import { Clock, counter, Storage } from "./fakes.js";

const DATA = { conversation: "c1", text: "Guten Tag", seen: 7 };

function begin({ online = true, storage = new Storage() } = {}) {
  const parts = { clock: new Clock(), sent: [], online, storage };
  const send = (command) => {
    if (parts.online) parts.sent.push(command);
    return parts.online;
  };
  parts.outbox = new Outbox({
    clock: parts.clock,
    newId: counter(),
    send,
    changed: () => {},
    shelf: new Unsent(storage, "me"),
  });
  parts.states = () => parts.outbox.items.map((item) => item.state);
  return parts;
}

test("goes out at once under its own id, and is done with the result", () => {
  const { outbox, sent, states } = begin();
  const id = outbox.add("reply", DATA);
  assert.deepEqual(sent, [{ id, name: "reply", data: DATA }]);
  assert.deepEqual(states(), ["sent"]);
  outbox.result({ id, ok: true, data: {} });
  assert.deepEqual(states(), []);
});

test("its event counts as much as its result, whichever comes first", () => {
  const { outbox, states } = begin();
  const id = outbox.add("reply", DATA);
  outbox.echo(id);
  assert.deepEqual(states(), []);
  assert.equal(outbox.result({ id, ok: true, data: {} }), null);
});

test("without a connection it waits, then goes out once", () => {
  const parts = begin({ online: false });
  parts.outbox.add("reply", DATA);
  assert.deepEqual(parts.states(), ["waiting"]);
  parts.online = true;
  parts.clock.pass(ASK_AFTER - 1);
  parts.outbox.connected();
  assert.equal(parts.sent.length, 1);
});

test("what waited longer than two minutes asks first", () => {
  const parts = begin({ online: false });
  const id = parts.outbox.add("reply", DATA);
  parts.online = true;
  parts.clock.pass(ASK_AFTER + 1);
  parts.outbox.connected();
  assert.deepEqual(parts.states(), ["ask"]);
  assert.equal(parts.sent.length, 0);
  parts.outbox.again(id);
  assert.deepEqual(
    parts.sent.map((command) => command.id),
    [id],
  );
});

test("without an answer for 15 s it is not confirmed; sending it again uses the same id", () => {
  const parts = begin();
  const id = parts.outbox.add("reply", DATA);
  parts.clock.pass(CONFIRM_WITHIN);
  assert.deepEqual(parts.states(), ["unconfirmed"]);
  parts.outbox.again(id);
  assert.deepEqual(
    parts.sent.map((command) => command.id),
    [id, id],
  );
  assert.deepEqual(parts.states(), ["sent"]);
});

test("a connection lost before the answer means the same id once more", () => {
  const parts = begin();
  const id = parts.outbox.add("reply", DATA);
  parts.outbox.disconnected();
  assert.deepEqual(parts.states(), ["waiting"]);
  parts.clock.pass(CONFIRM_WITHIN);
  assert.deepEqual(parts.states(), ["waiting"]);
  parts.outbox.connected();
  assert.deepEqual(
    parts.sent.map((command) => command.id),
    [id, id],
  );
});

test("a refusal stays with its words; sending anyway is a new command", () => {
  const parts = begin();
  const id = parts.outbox.add("reply", DATA);
  const error = { code: "stale", message: "…", seq: 12, missed: [] };
  parts.outbox.result({ id, ok: false, error });
  assert.deepEqual(parts.outbox.items[0].error, error);
  parts.outbox.anyway(id, { seen: 12 });
  assert.equal(parts.sent.length, 2);
  assert.deepEqual(parts.states(), ["sent"]);
  assert.notEqual(parts.sent[1].id, id);
  assert.deepEqual(parts.sent[1].data, { ...DATA, seen: 12 });
});

test("a text can be taken back", () => {
  const parts = begin({ online: false });
  const id = parts.outbox.add("note", { conversation: "c1", text: "Bauhof fragen" });
  assert.equal(parts.outbox.take(id).data.text, "Bauhof fragen");
  assert.deepEqual(parts.states(), []);
});

test("survives a reload, with the same id", () => {
  const storage = new Storage();
  const id = begin({ storage }).outbox.add("reply", DATA);
  const after = begin({ storage });
  assert.deepEqual(after.states(), ["waiting"]);
  after.outbox.connected();
  assert.equal(after.sent[0].id, id);
});

test("begun texts are kept for each conversation and mode, until logout or another agent", () => {
  const storage = new Storage();
  const unsent = new Unsent(storage, "me");
  unsent.keep("c1", "reply", "Antwort");
  unsent.keep("c1", "note", "Notiz");
  const again = new Unsent(storage, "me");
  assert.equal(again.text("c1", "reply"), "Antwort");
  assert.equal(again.text("c1", "note"), "Notiz");
  assert.equal(again.text("c2", "reply"), "");
  assert.equal(new Unsent(storage, "you").text("c1", "reply"), "");
});

test("logout leaves nothing behind", () => {
  const storage = new Storage();
  const unsent = new Unsent(storage, "me");
  unsent.keep("c1", "reply", "Antwort");
  unsent.save([{ id: "1" }]);
  unsent.clear();
  const after = new Unsent(storage, "me");
  assert.equal(after.text("c1", "reply"), "");
  assert.deepEqual(after.load(), []);
});

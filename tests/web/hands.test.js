import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcer, minutesToSay, SUM_EVERY } from "../../web/console/announce.js";
import { ANSWER_WITHIN, Commands } from "../../web/console/commands.js";
import { action, sends } from "../../web/console/keys.js";
import { initials, maskedPhone, readablePhone } from "../../web/console/protocol.js";
import { windowState } from "../../web/console/views/window_tag.js";
import { Clock, counter } from "./fakes.js";
import { conversation } from "./makers.js";

const press = (changes) => ({
  code: "",
  key: "",
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  ...changes,
});

test("keys work only with modifiers", () => {
  assert.equal(action(press({ code: "KeyN", altKey: true })), "next");
  assert.equal(action(press({ code: "ArrowDown", altKey: true })), "next_row");
  assert.equal(action(press({ code: "F6", shiftKey: true })), "previous_pane");
  assert.equal(action(press({ code: "Escape" })), "leave");
  for (const code of ["KeyN", "KeyR", "KeyI", "KeyW", "KeyU", "ArrowUp", "Slash"])
    assert.equal(action(press({ code })), null);
});

test("AltGr and composing are left alone", () => {
  assert.equal(action(press({ code: "KeyN", altKey: true, ctrlKey: true })), null);
  assert.equal(action(press({ code: "KeyN", altKey: true, isComposing: true })), null);
});

test("Enter sends where chosen, Strg+Enter always, Umschalt+Enter never", () => {
  const enter = (changes) => press({ key: "Enter", code: "Enter", ...changes });
  assert.equal(sends(enter(), true), true);
  assert.equal(sends(enter(), false), false);
  assert.equal(sends(enter({ ctrlKey: true }), false), true);
  assert.equal(sends(enter({ shiftKey: true }), true), false);
  assert.equal(sends(enter({ isComposing: true }), true), false);
});

test("new messages are summed up, at most every ten seconds", () => {
  const clock = new Clock();
  const said = [];
  const announcer = new Announcer({
    clock,
    polite: (text) => said.push(text),
    urgent: () => {},
    sum: (n) => `${n} neue`,
  });
  announcer.arrived();
  clock.pass(0);
  for (let n = 0; n < 20; n++) announcer.arrived();
  clock.pass(SUM_EVERY - 1);
  assert.deepEqual(said, ["1 neue"]);
  clock.pass(1);
  assert.deepEqual(said, ["1 neue", "20 neue"]);
});

test("the time left is said at 15, 10, 5 and 1 minutes, once", () => {
  const minute = 60_000;
  assert.equal(minutesToSay(15 * minute + 500, 15 * minute - 500), 15);
  assert.equal(minutesToSay(15 * minute - 500, 15 * minute - 1_500), null);
  assert.equal(minutesToSay(minute + 1, minute), 1);
  assert.equal(minutesToSay(2 * minute, 0), null);
});

test("a command is settled by its result, by time, or by the connection's end", async () => {
  const clock = new Clock();
  const commands = new Commands({ clock, newId: counter(), send: () => true });
  const [first, second, third] = [
    commands.run("next", {}),
    commands.run("next", {}),
    commands.run("next", {}),
  ];
  commands.settle({ id: "1", ok: true, data: { conversation: null } });
  assert.equal((await first).ok, true);
  clock.pass(ANSWER_WITHIN);
  assert.equal((await second).error.code, "timeout");
  assert.equal((await third).error.code, "timeout");
  const fourth = commands.run("next", {});
  commands.failAll("offline");
  assert.equal((await fourth).error.code, "offline");
});

test("names and numbers", () => {
  assert.equal(initials("Hans-Joachim von Schulenburg-Hohenstein"), "HS");
  assert.equal(initials("Ø"), "Ø");
  assert.equal(initials("👍"), "?");
  assert.equal(maskedPhone("+491713920017"), "+49 171 •••• 0017");
  assert.equal(readablePhone("+491713920017"), "+49 171 3920017");
  assert.equal(maskedPhone(null), "");
});

test("the service window is open, soon over, closed", () => {
  const one = conversation({ window_closes_at: "2026-12-04T14:00:00.000Z" });
  const at = (text) => Date.parse(text);
  assert.equal(windowState(one, at("2026-12-04T11:59:00Z")), "open");
  assert.equal(windowState(one, at("2026-12-04T12:01:00Z")), "soon");
  assert.equal(windowState(one, at("2026-12-04T14:00:00Z")), "closed");
  assert.equal(windowState(conversation({ window_closes_at: null }), 0), "closed");
});

/**
 * The console as signals and what an agent can do with it. Views read the signals and call the methods; rules live in
 * store, queue, outbox and feed. Holds no DOM: socket, storage, clock and focus are handed in.
 *
 * @import { Me, Event, Snapshot, Result, Presence, Conversation, Refusal } from "./protocol.js"
 * @import { Connection, Clock, Socket } from "./feed.js"
 * @import { Mode } from "./unsent.js"
 * @import { Tab } from "./queue.js"
 * @typedef {{ kind: "ok" | "problem", text: string }} Toast
 * @typedef {{ frame: (run: () => void) => void, hidden: () => boolean, focus: (target: string) => void }} Page
 */
import { millis } from "../shared/time.js";
import { batch, computed, signal } from "../vendor/signals.js";
import * as api from "./api.js";
import { Commands } from "./commands.js";
import { Feed } from "./feed.js";
import { t } from "./i18n.js";
import { Outbox } from "./outbox.js";
import { assigneeId, preview } from "./protocol.js";
import { counts, lingering, neighbour, PAGE, queue, standing } from "./queue.js";
import * as store from "./store.js";

/** A row that somebody else finished stays so long before it leaves, in milliseconds. */
const LINGER = 3_000;
/** "nachgeladen" is shown for so long. */
const CAUGHT_UP_FOR = 5_000;
/** Typing is told at most this often, and forgotten after this long without a key. */
const COMPOSING_EVERY = 3_000;

export class Console {
  state = signal(store.empty());
  connection = signal(/** @type {Connection} */ ("connecting"));
  /** @type {import("../vendor/signals.js").Signal<number | null>} server time at which the connection was lost */
  lostAt = signal(/** @type {number | null} */ (null));
  caughtUp = signal(0);
  loaded = signal(false);
  newVersion = signal(false);
  presence = signal(/** @type {Presence[]} */ ([]));
  pending = signal(/** @type {readonly import("./outbox.js").Item[]} */ ([]));
  second = signal(0);
  minute = signal(0);
  tab = signal(/** @type {Tab} */ ("open"));
  rowsShown = signal(PAGE);
  ids = signal(/** @type {readonly string[]} */ ([]));
  fresh = signal(0);
  selected = signal(/** @type {string | null} */ (null));
  /** How many unread messages there were when the conversation was opened: where its divider stands. */
  unreadAtOpening = signal(0);
  mode = signal(/** @type {Mode} */ ("reply"));
  toast = signal(/** @type {Toast | null} */ (null));
  /** Counts texts that were put back into the field. */
  putBack = signal(0);
  /** @type {import("./parts/bubble.js").Deeds | undefined} what a bubble can do; one object, so that bubbles stay */
  deeds;

  #offset = 0;
  #held = false;
  /** @type {Map<string, number>} */
  #lingering = new Map();
  /** @type {Map<string, string | null>} last message that was on the screen, per conversation */
  #read = new Map();
  /** @type {Event[]} */
  #arrived = [];
  #flushing = false;
  #heardSeq = 0;
  #catching = 0;
  #version = "";
  #composing = { at: 0, conversation: /** @type {string | null} */ (null), timer: /** @type {any} */ (null) };

  /**
   * @param {{ me: Me, clock: Clock, page: Page, unsent: import("./unsent.js").Unsent, openSocket: () => Socket,
   *   newId: () => string, announcer: import("./announce.js").Announcer }} parts
   */
  constructor({ me, clock, page, unsent, openSocket, newId, announcer }) {
    this.me = me;
    this.clock = clock;
    this.page = page;
    this.unsent = unsent;
    this.announcer = announcer;
    this.feed = new Feed({ open: openSocket, clock, listener: this.#listener() });
    this.commands = new Commands({ clock, newId, send: (command) => this.feed.command(command) });
    this.outbox = new Outbox({
      clock,
      newId,
      shelf: unsent,
      send: (command) => this.feed.command(command),
      changed: (items) => {
        this.pending.value = items;
      },
    });
    this.pending.value = this.outbox.items;
    this.state.value = { ...store.empty(), lines: new Map(me.lines.map((line) => [line.id, line])) };
    this.tick();
  }

  session = computed(() => store.currentSession(this.state.value));
  nextSession = computed(() => store.nextSession(this.state.value));
  counts = computed(() => counts(this.state.value.conversations.values(), this.me.agent.id));
  conversation = computed(() => {
    const id = this.selected.value;
    return id === null ? null : (this.state.value.conversations.get(id) ?? null);
  });
  timeline = computed(() => {
    const id = this.selected.value;
    return id === null ? null : (this.state.value.timelines.get(id) ?? null);
  });
  unread = computed(() => {
    let people = 0;
    for (const conversation of this.state.value.conversations.values())
      if (this.unreadOf(conversation)) people += 1;
    return people;
  });
  place = computed(() => ({ zone: this.me.town.timezone, language: this.language.value }));
  language = signal("de");

  /** @param {string} right a command's name */
  may(right) {
    return this.me.rights[right] === true;
  }

  /** Server time now, in milliseconds. */
  now() {
    return this.clock.now() + this.#offset;
  }

  /** Called each second: moves the clocks. */
  tick() {
    const now = this.now();
    batch(() => {
      this.second.value = now;
      const minute = Math.floor(now / 60_000) * 60_000;
      if (minute !== this.minute.value) this.minute.value = minute;
    });
  }

  // Opening and reading

  /** @param {string | null} id @param {"pointer" | "key" | "none"} by */
  open(id, by = "none") {
    if (id !== this.selected.value) this.#show(id);
    if (id && by === "key") this.page.focus("heading");
    if (id && by === "pointer") this.page.focus("composer-if-desktop");
  }

  /** @param {string | null} id */
  #show(id) {
    batch(() => {
      const conversation = id ? this.state.value.conversations.get(id) : undefined;
      this.unreadAtOpening.value = conversation ? this.unreadOf(conversation) : 0;
      this.selected.value = id;
      this.mode.value = this.may("reply") ? "reply" : "note";
      this.markRead();
    });
    this.#stopComposing();
    this.feed.signal("agent.viewing", { conversation: id });
    if (id && !this.state.value.timelines.has(id)) this.loadOlder();
  }

  /** One more page of older messages; the first one when none is here. */
  async loadOlder() {
    const id = this.selected.value;
    if (id === null || this.timeline.value?.state === "loading") return;
    const oldest = this.timeline.value?.entries.find((entry) => entry.type === "message")?.id ?? null;
    this.state.value = store.timelineLoading(this.state.value, id);
    try {
      const page = await api.messages(id, oldest);
      this.state.value = store.timelineLoaded(this.state.value, id, page);
    } catch {
      this.state.value = store.timelineFailed(this.state.value, id);
    }
  }

  /** @param {Conversation} conversation @returns {number} 0 once its last message was on the screen */
  unreadOf(conversation) {
    const last = preview(conversation).id;
    return last !== null && this.#read.get(conversation.id) === last ? 0 : conversation.unread;
  }

  /** What is selected is on the screen now. */
  markRead() {
    const conversation = this.conversation.value;
    if (conversation && !this.page.hidden()) this.#read.set(conversation.id, preview(conversation).id);
  }

  // The queue

  /** @param {Tab} tab */
  showTab(tab) {
    batch(() => {
      this.tab.value = tab;
      this.rowsShown.value = PAGE;
      this.#held = false;
      this.#lingering.clear();
      this.ids.value = [];
      this.arrange();
    });
  }

  /** Pointer or focus is inside the list (it stands still) or has left it. @param {boolean} held */
  hold(held) {
    if (held === this.#held) return;
    this.#held = held;
    this.arrange();
  }

  /** Puts the waiting new rows in, even while the list is held. */
  sortIn() {
    const held = this.#held;
    this.#held = false;
    this.arrange();
    this.#held = held;
  }

  /** Brings the list up to date, unless it is held. */
  arrange() {
    const conversations = this.state.value.conversations;
    const wanted = queue(conversations.values(), this.tab.value, this.me.agent.id).map((one) => one.id);
    const shown = this.ids.value.filter((id) => conversations.has(id));
    if (!this.#held) this.#lingerOn(shown, wanted);
    const lingers = (/** @type {string} */ id) => (this.#lingering.get(id) ?? 0) > this.clock.now();
    const { ids, fresh } = this.#held
      ? standing(shown, wanted)
      : { ids: lingering(shown, wanted, lingers), fresh: 0 };
    batch(() => {
      if (!same(ids, this.ids.value)) this.ids.value = ids;
      this.fresh.value = fresh;
    });
  }

  /** @param {readonly string[]} shown @param {readonly string[]} wanted */
  #lingerOn(shown, wanted) {
    const inside = new Set(wanted);
    for (const id of wanted) this.#lingering.delete(id);
    const gone = shown.filter((id) => !inside.has(id) && !this.#lingering.has(id));
    for (const id of gone) this.#lingering.set(id, this.clock.now() + LINGER);
    if (gone.length) this.clock.set(() => this.arrange(), LINGER + 50);
  }

  /** @param {1 | -1} step */
  step(step) {
    const id = neighbour(this.ids.value, this.selected.value, step);
    if (id) this.open(id, "key");
  }

  /** Claims whoever waits longest and opens it. */
  async next() {
    const result = await this.run("next", {});
    if (!result.ok) return;
    const found = result.data?.conversation ?? null;
    if (found === null) return this.#say("ok", t("nobody_waits"));
    if (this.tab.value === "done") this.showTab("open");
    this.open(typeof found === "string" ? found : found.id, "key");
  }

  async claim() {
    if (this.selected.value !== null) await this.run("claim", { conversation: this.selected.value });
  }

  async release() {
    await this.run("release", { conversation: this.selected.value });
  }

  /** Marks the open conversation as done and goes on to the next one. */
  async resolve() {
    const id = this.selected.value;
    if (id === null) return;
    const following = neighbour(this.ids.value, id, 1) ?? neighbour(this.ids.value, id, -1);
    const result = await this.run("resolve", { conversation: id, outcome: "answered" });
    if (!result.ok) return;
    this.#say("ok", t("marked_done"));
    this.open(following === id ? null : following);
    this.page.focus(this.selected.value ? "row" : "queue");
  }

  // Writing

  /** @param {Mode} mode */
  write(mode) {
    if (mode === "reply" && !this.may("reply")) return;
    this.mode.value = mode;
    this.page.focus("composer");
  }

  /** @param {string} text what the field holds now */
  typed(text) {
    const id = this.selected.value;
    if (id === null) return;
    this.unsent.keep(id, this.mode.value, text);
    if (this.mode.value === "reply" && text) this.#composes(id);
    else this.#stopComposing();
  }

  /** @param {string} text */
  send(text) {
    const conversation = this.selected.value;
    if (conversation === null || !text.trim()) return;
    const mode = this.mode.value;
    if (mode === "note") this.outbox.add("note", { conversation, text });
    else this.outbox.add("reply", { conversation, text, seen: this.state.value.seq });
    this.unsent.keep(conversation, mode, "");
    this.unreadAtOpening.value = 0;
    this.#stopComposing();
    if (mode === "note" && this.may("reply")) this.mode.value = "reply";
  }

  /** Sends a refused reply in full knowledge of what was missed, or takes the conversation over.
   * @param {string} id @param {Refusal} refusal */
  sendAnyway(id, refusal) {
    const seen = Math.max(refusal.seq ?? 0, this.state.value.seq);
    this.outbox.anyway(id, { seen, ...(refusal.code === "claimed" ? { take_over: true } : {}) });
  }

  /** Takes a text that has not left back into the field. @param {string} id */
  takeBack(id) {
    const item = this.outbox.take(id);
    if (!item) return;
    const { conversation, text } = item.data;
    const begun = this.unsent.text(conversation, item.name);
    this.unsent.keep(conversation, item.name, begun ? `${text}\n${begun}` : text);
    this.mode.value = item.name;
    this.putBack.value += 1;
    this.page.focus("composer");
  }

  /** @param {string} message */
  retry(message) {
    return this.run("retry", { message });
  }

  /** @param {string} message */
  confirmDelivered(message) {
    return this.run("confirm_delivered", { message });
  }

  /** @param {string} id */
  #composes(id) {
    const composing = this.#composing;
    this.clock.clear(composing.timer);
    composing.timer = this.clock.set(() => this.#stopComposing(), COMPOSING_EVERY * 2);
    if (composing.conversation === id && this.clock.now() - composing.at < COMPOSING_EVERY) return;
    Object.assign(composing, { conversation: id, at: this.clock.now() });
    this.feed.signal("agent.composing", { conversation: id });
  }

  #stopComposing() {
    if (this.#composing.conversation === null) return;
    this.clock.clear(this.#composing.timer);
    this.#composing.conversation = null;
    this.feed.signal("agent.composing", { conversation: null });
  }

  // The session

  /** @param {number} minutes */
  extend(minutes) {
    return this.run("session.extend", { session: this.session.value?.id, minutes });
  }

  /** @param {string} line @param {number} minutes */
  openNow(line, minutes) {
    return this.run("session.open_now", { line, minutes });
  }

  /** Carries out a command and says what went wrong. @param {string} name @param {object} data @returns {Promise<Result>} */
  async run(name, data) {
    return this.#report(await this.commands.run(name, data));
  }

  /** @param {Result} result */
  #report(result) {
    if (!result.ok) this.#say("problem", this.words(result.error));
    return result;
  }

  /** A refusal in words. @param {Refusal | undefined} refusal */
  words(refusal) {
    if (refusal?.code === "offline") return t("not_offline");
    if (refusal?.code === "timeout") return t("no_answer");
    return refusal?.message || t("went_wrong", { code: refusal?.code ?? "?" });
  }

  /** @param {Toast["kind"]} kind @param {string} text */
  #say(kind, text) {
    const toast = { kind, text };
    this.toast.value = toast;
    this.announcer.polite(text);
    this.clock.set(
      () => {
        if (this.toast.value === toast) this.toast.value = null;
      },
      kind === "ok" ? 3_000 : 10_000,
    );
  }

  // The live connection

  /** @returns {import("./feed.js").Listener} */
  #listener() {
    return {
      seq: () => (this.loaded.value ? Math.max(this.#heardSeq, this.state.value.seq) : null),
      connection: (state) => this.#connection(state),
      snapshot: (snapshot) => this.#snapshot(snapshot),
      events: (events) => this.#hear(events),
      caughtUp: () => this.#caughtUp(),
      result: (result) => this.#result(result),
      signal: (name, data) => this.#signal(name, data),
      beat: (at, seq) => this.#beat(at, seq),
      version: (version) => this.#checkVersion(version),
    };
  }

  /** @param {Connection} state */
  #connection(state) {
    batch(() => {
      this.connection.value = state;
      if (state === "live") this.lostAt.value = null;
      else if (this.lostAt.value === null && this.loaded.value) this.lostAt.value = this.now();
      if (state !== "live") this.presence.value = [];
    });
    this.#catching = state === "catching_up" ? 0 : this.#catching;
    if (state === "live" || state === "catching_up") return;
    this.commands.failAll("offline");
    this.outbox.disconnected();
  }

  /** @param {Snapshot} snapshot */
  #snapshot(snapshot) {
    this.#setClock(snapshot.now);
    this.#arrived = [];
    this.#heardSeq = snapshot.seq;
    batch(() => {
      this.state.value = store.fromSnapshot(this.state.value, snapshot);
      this.loaded.value = true;
      if (this.selected.value && !this.conversation.value) this.selected.value = null;
      this.arrange();
    });
    if (this.selected.value) this.loadOlder();
  }

  /** Queued, and applied once a frame; a hidden page gets no frames, so there by timer. @param {Event[]} events */
  #hear(events) {
    this.#arrived.push(...events);
    this.#heardSeq = Math.max(this.#heardSeq, events.at(-1)?.seq ?? 0);
    this.#catching += this.connection.value === "catching_up" ? events.length : 0;
    if (this.#flushing) return;
    this.#flushing = true;
    this.page.frame(() => this.#flush());
  }

  #flush() {
    this.#flushing = false;
    const events = this.#arrived;
    this.#arrived = [];
    const before = this.state.value.seq;
    batch(() => {
      this.state.value = store.applyAll(this.state.value, events);
      for (const event of events) if (event.seq > before) this.#notice(event);
      if (this.selected.value && !this.conversation.value) this.#vanished();
      this.arrange();
      this.markRead();
    });
    if (this.state.value.outdated) this.#readSchedule();
  }

  /** @param {Event} event */
  #notice({ name, data }) {
    if (name === "note.created") this.#echoNote(data);
    if (!name.startsWith("message.")) return;
    this.outbox.echo(data.client_id ?? null);
    const inbound = data.direction === "inbound" && name === "message.created";
    if (inbound && data.conversation !== this.selected.value) this.announcer.arrived();
    const mine = data.author?.id === this.me.agent.id;
    if (mine && data.status === "failed") this.announcer.urgent(t("say_failed", { text: data.text ?? "" }));
  }

  /** A note has no client id: one's own with the same words is the one that was waiting. @param {any} note */
  #echoNote(note) {
    if (note.author?.id !== this.me.agent.id) return;
    const same = (/** @type {import("./outbox.js").Item} */ item) =>
      item.name === "note" && item.data.conversation === note.conversation && item.data.text === note.text;
    this.outbox.echo(note.client_id ?? this.outbox.items.find(same)?.id ?? null);
  }

  #vanished() {
    const id = this.selected.value;
    const following = neighbour(this.ids.value, id, 1) ?? neighbour(this.ids.value, id, -1);
    this.#show(following && this.state.value.conversations.has(following) ? following : null);
    this.page.focus(this.selected.value ? "row" : "queue");
    this.announcer.polite(t("say_vanished"));
  }

  async #readSchedule() {
    const snapshot = await api.get("/api/snapshot").catch(() => null);
    if (snapshot) this.state.value = store.refreshSessions(this.state.value, snapshot);
  }

  #caughtUp() {
    if (this.#arrived.length) this.#flush();
    this.feed.signal("agent.viewing", { conversation: this.selected.value });
    this.outbox.connected();
    this.#tellCaughtUp();
  }

  /** @param {string} at the server's clock @param {number} seq up to which everything has been told */
  #beat(at, seq) {
    this.#setClock(at);
    if (seq <= this.state.value.seq) return;
    if (this.#arrived.length) this.#flush();
    this.state.value = { ...this.state.value, seq: Math.max(this.state.value.seq, seq) };
  }

  #tellCaughtUp() {
    this.caughtUp.value = this.#catching;
    this.#catching = 0;
    if (!this.caughtUp.value) return;
    this.clock.set(() => {
      this.caughtUp.value = 0;
    }, CAUGHT_UP_FOR);
  }

  /** @param {Result} result */
  #result(result) {
    if (this.commands.settle(result)) return;
    const { message, note } = result.data ?? {};
    if (result.ok && message)
      this.state.value = store.addResult(this.state.value, { ...message, type: "message" });
    if (result.ok && note) this.state.value = store.addResult(this.state.value, { ...note, type: "note" });
    const item = this.outbox.result(result);
    if (item && !result.ok) this.announcer.urgent(t("say_failed", { text: item.data.text }));
  }

  /** @param {string} name @param {any} data */
  #signal(name, data) {
    if (name === "agent.presence") this.presence.value = data.agents;
  }

  /** @param {string} at the server's clock */
  #setClock(at) {
    const offset = millis(at) - this.clock.now();
    if (Math.abs(offset - this.#offset) > 250) this.#offset = offset;
  }

  /** @param {string} version */
  #checkVersion(version) {
    if (this.#version && version && version !== this.#version) this.newVersion.value = true;
    this.#version ||= version;
  }

  /** Who else has claimed the conversation. @param {Conversation} conversation */
  claimedByOther(conversation) {
    const id = assigneeId(conversation);
    return id !== null && id !== this.me.agent.id ? this.agentName(id) : null;
  }

  /** @param {string} id */
  agentName(id) {
    return (
      this.state.value.agents.get(id)?.name ?? this.presence.value.find((one) => one.id === id)?.name ?? id
    );
  }
}

/** @param {readonly string[]} a @param {readonly string[]} b */
function same(a, b) {
  return a.length === b.length && a.every((id, place) => id === b[place]);
}

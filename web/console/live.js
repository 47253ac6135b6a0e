/**
 * The state, kept current by the feed: events are queued and applied once a frame, commands and outbox are settled,
 * the clock follows the server's. Holds no DOM.
 *
 * @import { Me, Event, Snapshot, Result, Presence } from "./protocol.js"
 * @import { Connection, Clock, Socket } from "./feed.js"
 * @import { Item } from "./outbox.js"
 * @typedef {{ frame: (run: () => void) => void, hidden: () => boolean, focus: (target: string) => void }} Page
 * @typedef {{ changed: () => void, reloaded: () => void, ready: () => void,
 *   arrived: (conversation: string) => void }} Hooks changed: the state moved (inside a
 *   batch); reloaded: it is a new snapshot; ready: it is current and commands may go; arrived: a citizen wrote
 * @typedef {{ me: Me, clock: Clock, page: Page, unsent: import("./unsent.js").Unsent, openSocket: () => Socket,
 *   newId: () => string, announcer: import("./announce.js").Announcer }} Parts
 */
import { millis } from "../shared/time.js";
import { batch, signal } from "../vendor/signals.js";
import * as api from "./api.js";
import { Commands } from "./commands.js";
import { Feed } from "./feed.js";
import { t } from "./i18n.js";
import { Outbox } from "./outbox.js";
import * as store from "./store.js";

/** "nachgeladen" is shown for so long, in milliseconds. */
const CAUGHT_UP_FOR = 5_000;
/** The server's clock is followed from this difference on, in milliseconds. */
const CLOCK_SLACK = 250;

export class Live {
  state = signal(store.empty());
  connection = signal(/** @type {Connection} */ ("connecting"));
  /** Server time at which the connection was lost, null while it stands. */
  lostAt = signal(/** @type {number | null} */ (null));
  /** How many events the last catching up brought, for a moment. */
  caughtUp = signal(0);
  loaded = signal(false);
  newVersion = signal(false);
  presence = signal(/** @type {readonly Presence[]} */ ([]));
  pending = signal(/** @type {readonly Item[]} */ ([]));

  #offset = 0;
  /** @type {Event[]} */
  #arrived = [];
  #flushing = false;
  #heardSeq = 0;
  #catching = 0;
  #version = "";

  /** @param {Parts} parts @param {Hooks} hooks */
  constructor(parts, hooks) {
    const { me, clock, page, unsent, openSocket, newId, announcer } = parts;
    this.me = me;
    this.clock = clock;
    this.page = page;
    this.announcer = announcer;
    this.hooks = hooks;
    this.feed = new Feed({ open: openSocket, clock, listener: this.#listener() });
    const send = (/** @type {any} */ command) => this.feed.command(command);
    const changed = (/** @type {readonly Item[]} */ items) => {
      this.pending.value = items;
    };
    this.commands = new Commands({ clock, newId, send });
    const served = { ...clock, now: () => this.now() };
    this.outbox = new Outbox({ clock: served, newId, send, changed, shelf: unsent });
    this.pending.value = this.outbox.items;
    this.state.value = { ...store.empty(), lines: new Map(me.lines.map((line) => [line.id, line])) };
  }

  /** Server time now, in milliseconds. */
  now() {
    return this.clock.now() + this.#offset;
  }

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
    if (state === "catching_up") this.#catching = 0;
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
      this.hooks.reloaded();
    });
  }

  /** Queued, and applied once a frame; a hidden page gets no frames, so there by timer. @param {Event[]} events */
  #hear(events) {
    this.#arrived.push(...events);
    this.#heardSeq = Math.max(this.#heardSeq, events.at(-1)?.seq ?? 0);
    if (this.connection.value === "catching_up") this.#catching += events.length;
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
      this.hooks.changed();
    });
    if (this.state.value.outdated) this.#readSchedule();
  }

  /** @param {Event} event */
  #notice({ name, data }) {
    if (name === "note.created") return this.#echoNote(data);
    if (!name.startsWith("message.")) return;
    this.outbox.echo(data.client_id ?? null);
    const mine = data.author?.id === this.me.agent.id;
    if (mine && data.status === "failed") this.announcer.urgent(t("say_failed", { text: data.text ?? "" }));
    if (name === "message.created" && data.direction === "inbound") this.hooks.arrived(data.conversation);
  }

  /** A note has no client id: one's own with the same words is the one that was waiting. @param {any} note */
  #echoNote(note) {
    if (note.author?.id !== this.me.agent.id) return;
    const same = (/** @type {Item} */ { name, data }) =>
      name === "note" && data.conversation === note.conversation && data.text === note.text;
    this.outbox.echo(this.outbox.items.find(same)?.id ?? null);
  }

  async #readSchedule() {
    const snapshot = await api.get("/api/snapshot").catch(() => null);
    if (snapshot) this.state.value = store.refreshSessions(this.state.value, snapshot);
  }

  #caughtUp() {
    if (this.#arrived.length) this.#flush();
    this.hooks.ready();
    this.outbox.connected();
    this.caughtUp.value = this.#catching;
    this.#catching = 0;
    if (this.caughtUp.value) this.clock.set(() => this.#forgetCaughtUp(), CAUGHT_UP_FOR);
  }

  #forgetCaughtUp() {
    this.caughtUp.value = 0;
  }

  /** @param {string} at the server's clock @param {number} seq up to which everything has been told */
  #beat(at, seq) {
    this.#setClock(at);
    if (seq <= this.state.value.seq) return;
    if (this.#arrived.length) this.#flush();
    this.state.value = { ...this.state.value, seq: Math.max(this.state.value.seq, seq) };
  }

  /** @param {Result} result */
  #result(result) {
    if (this.commands.settle(result)) return;
    const { message, note } = result.data ?? {};
    if (message) this.state.value = store.addResult(this.state.value, { ...message, type: "message" });
    if (note) this.state.value = store.addResult(this.state.value, { ...note, type: "note" });
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
    if (Math.abs(offset - this.#offset) > CLOCK_SLACK) this.#offset = offset;
  }

  /** @param {string} version */
  #checkVersion(version) {
    if (this.#version && version && version !== this.#version) this.newVersion.value = true;
    this.#version ||= version;
  }
}

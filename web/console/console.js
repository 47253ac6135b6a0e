/**
 * The console as signals, and what an agent can do with it. Views read the signals and call the methods; the rules
 * live in store, queue, outbox and feed. Holds no DOM: socket, storage, clock and focus are handed in.
 *
 * @import { Conversation, Refusal, Result } from "./protocol.js"
 * @import { Mode } from "./unsent.js"
 * @import { Parts } from "./live.js"
 * @typedef {{ kind: "ok" | "problem", text: string }} Toast
 */
import { batch, computed, signal } from "../vendor/signals.js";
import * as api from "./api.js";
import { Composing } from "./composing.js";
import { Hour } from "./hour.js";
import { t } from "./i18n.js";
import { Live } from "./live.js";
import { assigneeId, preview } from "./protocol.js";
import { counts, neighbour } from "./queue.js";
import { anew } from "./ritual.js";
import { Rows } from "./rows.js";
import * as store from "./store.js";

/** How long a word about what was done stays, and about what went wrong, in milliseconds. */
const TOLD_FOR = { ok: 3_000, problem: 10_000 };

export class Console {
  language = signal("de");
  second = signal(0);
  minute = signal(0);
  selected = signal(/** @type {string | null} */ (null));
  /** How many unread messages there were when the conversation was opened: where its divider stands. */
  unreadAtOpening = signal(0);
  mode = signal(/** @type {Mode} */ ("reply"));
  toast = signal(/** @type {Toast | null} */ (null));
  /** Counts texts that were put back into the field. */
  putBack = signal(0);
  /** @type {import("./parts/bubble.js").Deeds | undefined} what a bubble can do; one object, so that bubbles stay */
  deeds;
  /** @type {Map<string, string | null>} last message that was on the screen, per conversation */
  #read = new Map();

  /** @param {Parts} parts */
  constructor(parts) {
    const { me, clock, page, unsent, announcer } = parts;
    this.me = me;
    this.clock = clock;
    this.page = page;
    this.unsent = unsent;
    this.announcer = announcer;
    this.live = new Live(parts, {
      changed: () => this.#changed(),
      reloaded: () => this.#reloaded(),
      ready: () => this.#ready(),
      arrived: (conversation) => conversation !== this.selected.value && announcer.arrived(),
    });
    this.rows = new Rows({ clock, me: me.agent.id, conversations: () => this.state.value.conversations });
    this.hour = new Hour(this);
    this.composing = new Composing({ clock, tell: (id) => this.#signal("agent.composing", id) });
    this.tick();
  }

  get state() {
    return this.live.state;
  }

  get connection() {
    return this.live.connection;
  }

  get online() {
    return this.live.connection.value === "live";
  }

  session = computed(() => store.currentSession(this.state.value));
  nextSession = computed(() => store.nextSession(this.state.value));
  counts = computed(() => counts(this.state.value.conversations.values(), this.me.agent.id));
  conversation = computed(() => this.state.value.conversations.get(this.selected.value ?? "") ?? null);
  timeline = computed(() => this.state.value.timelines.get(this.selected.value ?? "") ?? null);
  place = computed(() => ({ zone: this.me.town.timezone, language: this.language.value }));
  /** How many people wrote something that was not on the screen yet. */
  unread = computed(() => {
    let people = 0;
    for (const one of this.state.value.conversations.values()) if (this.unreadOf(one)) people += 1;
    return people;
  });

  /** @param {string} right a command's name */
  may(right) {
    return this.me.rights[right] === true;
  }

  /** Called each second: moves the clocks, and says what there is to say of the time. */
  pass() {
    const before = this.second.value;
    this.tick();
    this.hour.pass(before, this.second.value);
  }

  /** Moves the clocks. */
  tick() {
    const now = this.live.now();
    batch(() => {
      this.second.value = now;
      const minute = Math.floor(now / 60_000) * 60_000;
      if (minute === this.minute.value) return;
      this.minute.value = minute;
      this.rows.follow();
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
    this.composing.stop();
    this.#tellViewing();
    this.#loadMissing();
  }

  /** Ask for what is selected, if nobody has, or if that failed. */
  #loadMissing() {
    const state = this.timeline.value?.state ?? "failed";
    if (state === "failed") this.loadOlder();
  }

  /** One more page of older messages; the first one when none is here. */
  async loadOlder() {
    const id = this.selected.value;
    if (id === null || this.timeline.value?.state === "loading") return;
    const from = this.timeline.value?.from ?? null;
    this.state.value = store.timelineLoading(this.state.value, id);
    try {
      const page = await api.messages(id, from);
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

  #tellViewing() {
    this.#signal("agent.viewing", this.selected.value);
  }

  /** @param {string} name @param {string | null} conversation */
  #signal(name, conversation) {
    this.live.feed.signal(name, { conversation });
  }

  #changed() {
    if (this.selected.value && !this.conversation.value) this.#vanished();
    this.rows.follow();
    this.hour.follow();
    this.markRead();
  }

  #reloaded() {
    this.tick();
    if (this.selected.value && !this.conversation.value) this.selected.value = null;
    this.rows.arrange();
    this.hour.follow();
    this.#loadMissing();
  }

  #ready() {
    this.#tellViewing();
    this.#loadMissing();
  }

  /** The open conversation is gone: its neighbour takes its place. */
  #vanished() {
    const following = this.#following(this.selected.value);
    this.#show(following && this.state.value.conversations.has(following) ? following : null);
    this.page.focus(this.selected.value ? "row" : "queue");
    this.announcer.polite(t("say_vanished"));
  }

  /** @param {string | null} id */
  #following(id) {
    const ids = this.rows.ids.value;
    return neighbour(ids, id, 1) ?? neighbour(ids, id, -1);
  }

  // Who looks after whom

  /** @param {1 | -1} step */
  step(step) {
    const id = neighbour(this.rows.ids.value, this.selected.value, step);
    if (id) this.open(id, "key");
  }

  /** Claims whoever waits longest and opens it. */
  async next() {
    const result = await this.run("next", {});
    if (!result.ok) return;
    const found = result.data?.conversation ?? null;
    if (found === null) return this.say("ok", t("nobody_waits"));
    if (this.rows.tab.value === "done") this.rows.show("open");
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
    const following = this.#following(id);
    const known = this.state.value.conversations.get(id)?.outcome ?? null;
    const result = await this.run("resolve", anew({ conversation: id, outcome: "answered" }, known));
    if (result.ok) this.resolved(id, following);
  }

  /** What became of somebody is settled: on to the next one. @param {string} id @param {string | null} following */
  resolved(id, following = this.#following(id)) {
    this.say("ok", t("marked_done"));
    if (id !== this.selected.value) return;
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
    if (this.mode.value === "reply" && text) this.composing.typed(id);
    else this.composing.stop();
  }

  /** @param {string} text */
  send(text) {
    const conversation = this.selected.value;
    if (conversation === null || !text.trim()) return;
    const mode = this.mode.value;
    if (mode === "note") this.live.outbox.add("note", { conversation, text });
    else this.live.outbox.add("reply", { conversation, text, seen: this.state.value.seq });
    this.unsent.keep(conversation, mode, "");
    this.unreadAtOpening.value = 0;
    this.composing.stop();
    if (mode === "note" && this.may("reply")) this.mode.value = "reply";
  }

  /** Sends a refused reply in full knowledge of what was missed, or takes the conversation over.
   * @param {string} id @param {Refusal} refusal */
  sendAnyway(id, refusal) {
    const seen = Math.max(refusal.seq ?? 0, this.state.value.seq);
    this.live.outbox.anyway(id, { seen, take_over: true });
  }

  /** Takes a text that has not left back into the field. @param {string} id */
  takeBack(id) {
    const item = this.live.outbox.take(id);
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

  /** Carries out a command and says what went wrong. @param {string} name @param {object} data @returns {Promise<Result>} */
  async run(name, data) {
    return this.#report(await this.live.commands.run(name, data));
  }

  /** @param {Result} result */
  #report(result) {
    if (!result.ok) this.say("problem", this.words(result.error));
    return result;
  }

  /** A refusal in words. @param {Refusal | undefined} refusal */
  words(refusal) {
    if (refusal?.code === "offline") return t("not_offline");
    if (refusal?.code === "timeout") return t("no_answer");
    return refusal?.message || t("went_wrong", { code: refusal?.code ?? "?" });
  }

  /** A word on the screen and to screen readers, for a moment. @param {Toast["kind"]} kind @param {string} text */
  say(kind, text) {
    const toast = { kind, text };
    this.toast.value = toast;
    this.announcer.polite(text);
    const forget = () => {
      if (this.toast.value === toast) this.toast.value = null;
    };
    this.clock.set(forget, TOLD_FOR[kind]);
  }

  /** Who else has claimed the conversation. @param {Conversation} conversation */
  claimedByOther(conversation) {
    const id = assigneeId(conversation);
    return id !== null && id !== this.me.agent.id ? this.agentName(id) : null;
  }

  /** @param {string} id */
  agentName(id) {
    return (
      this.state.value.agents.get(id)?.name ??
      this.live.presence.value.find((one) => one.id === id)?.name ??
      id
    );
  }
}

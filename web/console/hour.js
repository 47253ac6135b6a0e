/**
 * The hour: what people do with it, and what is said of it without being asked. Holds no DOM.
 *
 * @import { Result, Session } from "./protocol.js"
 * @import { Console } from "./console.js"
 * @import { Verdict } from "./ritual.js"
 */
import { clock, millis } from "../shared/time.js";
import { signal } from "../vendor/signals.js";
import { minutesToSay } from "./announce.js";
import { suggestsLastQuestions } from "./forecast.js";
import { t } from "./i18n.js";
import { tally } from "./outcomes.js";

/** While these last the time left is said. */
const COUNTED = new Set(["open", "intake_closed"]);
/** The end is told once everybody's outcome has come, in milliseconds. */
const TOLD_AFTER = 300;

export class Hour {
  /** @type {Session | null} as it was told last */
  #told = null;
  /** @type {string | null} what was closed or cancelled last */
  #over = null;
  /** @type {string | null} in which session the last questions were proposed */
  #proposed = null;

  /** What was chosen for whom and is not settled yet, by conversation: the dialog and the list share it. */
  verdicts = signal(/** @type {Record<string, Verdict>} */ ({}));

  /** @param {Console} model */
  constructor(model) {
    this.model = model;
  }

  /** What can be steered: the session that is on, else the next one. @returns {Session | null} */
  get current() {
    return this.model.session.value ?? this.model.nextSession.value;
  }

  /** @param {string} what a command's name after `session.` @param {object} [data] */
  steer(what, data = {}) {
    return this.model.run(`session.${what}`, { session: this.current?.id, ...data });
  }

  /** The same for a dialog, which says itself what went wrong. @param {string} what @param {object} [data] */
  ask(what, data = {}) {
    return this.model.live.commands.run(`session.${what}`, { session: this.current?.id, ...data });
  }

  /** Opens the lobby's session now, for as long as it was planned. @param {Session} session */
  begin(session) {
    const minutes = Math.round((millis(session.closes) - millis(session.opens)) / 60_000);
    return this.model.run("session.open_now", { line: session.line, minutes });
  }

  /**
   * Gives everybody left their outcome and closes. The session may close by itself in between, which is what was wanted.
   *
   * @param {string} session @param {object[]} items @returns {Promise<Result>}
   */
  async finish(session, items) {
    const settled = items.length ? await this.ask("settle", { session, items }) : null;
    if (settled && !settled.ok) return settled;
    const closed = await this.ask("close", { session });
    return settled && closed.error?.code === "session_closed" ? settled : closed;
  }

  /** @param {string[]} ids @param {Verdict} verdict */
  decide(ids, verdict) {
    this.verdicts.value = { ...this.verdicts.value, ...Object.fromEntries(ids.map((id) => [id, verdict])) };
  }

  /** The state moved: another end and the end itself are told. */
  follow() {
    const { session } = this.model;
    const before = this.#told;
    this.#told = session.value;
    if (before && before.id === session.value?.id && before.closes !== session.value.closes)
      this.model.say("ok", t("say_end", { at: clock(session.value.closes, this.model.place.value) }));
    const { over } = this.model.state.value;
    if (!over || over.id === this.#over) return;
    this.#over = over.id;
    this.verdicts.value = {};
    this.model.clock.set(() => this.#tellOver(over), TOLD_AFTER);
  }

  /** Told with what became of everybody; the conversation that is open makes room, unless something was begun in it.
   * @param {Session} over */
  #tellOver(over) {
    const { conversation, page, unsent } = this.model;
    const begun = conversation.value && unsent.text(conversation.value.id, "reply");
    if (conversation.value?.outcome && !begun) this.model.open(null);
    page.focus("if-lost");
    const found = tally(this.model.state.value.conversations.values(), over.id);
    const words = found.map(({ outcome, n }) => `${n} ${t(`outcome_${outcome}`)}`).join(", ");
    this.model.say(
      "ok",
      [t(over.state === "closed" ? "say_closed" : "say_cancelled"), words].join(" ").trim(),
    );
  }

  /** Time moved on: how much is left is said at its marks, and once that it will not be enough. @param {number} before @param {number} now */
  pass(before, now) {
    const session = this.model.session.value;
    if (!session || !COUNTED.has(session.state)) return;
    const closes = millis(session.closes);
    const minutes = minutesToSay(closes - before, closes - now);
    const { announcer } = this.model;
    if (minutes) return (minutes === 1 ? announcer.urgent : announcer.polite)(t("say_left", { n: minutes }));
    if (this.#proposed === session.id || !suggestsLastQuestions(session, this.model.minute.value)) return;
    this.#proposed = session.id;
    announcer.polite(t("say_short"));
  }
}

/**
 * The queue as it stands on the screen: in order, but still while somebody points at it; a row that somebody else
 * finished stays a moment before it leaves.
 *
 * @import { Conversation } from "./protocol.js"
 * @import { Clock } from "./feed.js"
 * @import { Tab } from "./queue.js"
 */
import { batch, signal } from "../vendor/signals.js";
import { lingering, PAGE, queue, standing } from "./queue.js";

/** A row that has left the order stays so long before it goes, in milliseconds. */
export const LINGER = 3_000;
/** Changes move the list at most this often, in milliseconds. */
export const MOVED_EVERY = 1_000;

export class Rows {
  tab = signal(/** @type {Tab} */ ("open"));
  /** How many rows are shown. */
  most = signal(PAGE);
  ids = signal(/** @type {readonly string[]} */ ([]));
  /** How many wait to be sorted in. */
  fresh = signal(0);

  #held = false;
  #arrangedAt = Number.NEGATIVE_INFINITY;
  /** @type {any} */
  #later = null;
  /** @type {Map<string, number>} until when a row lingers */
  #lingering = new Map();

  /** @param {{ clock: Clock, me: string, conversations: () => ReadonlyMap<string, Conversation> }} parts */
  constructor({ clock, me, conversations }) {
    this.clock = clock;
    this.me = me;
    this.conversations = conversations;
  }

  /** @param {Tab} tab */
  show(tab) {
    batch(() => {
      this.tab.value = tab;
      this.most.value = PAGE;
      this.#held = false;
      this.#lingering.clear();
      this.ids.value = [];
      this.arrange();
    });
  }

  more() {
    this.most.value += PAGE;
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

  /** Something changed: the list follows at once, or soon if it has just moved. */
  follow() {
    const pause = this.#arrangedAt + MOVED_EVERY - this.clock.now();
    if (pause <= 0) return this.arrange();
    this.#later ??= this.clock.set(() => this.arrange(), pause);
  }

  /** Brings the list up to date, unless it is held. */
  arrange() {
    this.clock.clear(this.#later);
    this.#later = null;
    this.#arrangedAt = this.clock.now();
    const conversations = this.conversations();
    const wanted = queue(conversations.values(), this.tab.value, this.me, this.clock.now()).map(
      (one) => one.id,
    );
    const shown = this.ids.value.filter((id) => conversations.has(id));
    const { ids, fresh } = this.#held ? standing(shown, wanted) : this.#moved(shown, wanted);
    batch(() => {
      if (!same(ids, this.ids.value)) this.ids.value = ids;
      this.fresh.value = fresh;
    });
  }

  /** @param {readonly string[]} shown @param {readonly string[]} wanted */
  #moved(shown, wanted) {
    const inside = new Set(wanted);
    for (const id of wanted) this.#lingering.delete(id);
    const gone = shown.filter((id) => !inside.has(id) && !this.#lingering.has(id));
    for (const id of gone) this.#lingering.set(id, this.clock.now() + LINGER);
    if (gone.length) this.clock.set(() => this.arrange(), LINGER);
    const lingers = (/** @type {string} */ id) => (this.#lingering.get(id) ?? 0) > this.clock.now();
    return { ids: lingering(shown, wanted, lingers), fresh: 0 };
  }
}

/** @param {readonly string[]} a @param {readonly string[]} b */
function same(a, b) {
  return a.length === b.length && a.every((id, place) => id === b[place]);
}

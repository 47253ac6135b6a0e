/**
 * Tells the others that this agent writes an answer: at most every few seconds, and no longer once nothing was typed.
 *
 * @import { Clock } from "./feed.js"
 */

/** Typing is told at most this often, in milliseconds. */
export const TOLD_EVERY = 3_000;
/** Without a key for so long nobody writes any more. */
export const FORGOTTEN_AFTER = 6_000;

export class Composing {
  /** @type {string | null} */
  #conversation = null;
  #toldAt = 0;
  /** @type {any} */
  #timer = null;

  /** @param {{ clock: Clock, tell: (conversation: string | null) => void }} parts */
  constructor({ clock, tell }) {
    this.clock = clock;
    this.tell = tell;
  }

  /** A key was pressed in the answer to this conversation. @param {string} conversation */
  typed(conversation) {
    this.clock.clear(this.#timer);
    this.#timer = this.clock.set(() => this.stop(), FORGOTTEN_AFTER);
    const fresh = this.clock.now() - this.#toldAt < TOLD_EVERY;
    if (conversation === this.#conversation && fresh) return;
    this.#conversation = conversation;
    this.#toldAt = this.clock.now();
    this.tell(conversation);
  }

  stop() {
    if (this.#conversation === null) return;
    this.clock.clear(this.#timer);
    this.#conversation = null;
    this.tell(null);
  }
}

/**
 * What the two live regions say. New messages of other conversations are summed up, at most every ten seconds; urgent
 * is only: connection lost, sending failed, the session ends in a minute. Holds no DOM: the regions are handed in.
 *
 * @import { Clock } from "./feed.js"
 */

/** Sums of new messages are said at most this often, in milliseconds. */
export const SUM_EVERY = 10_000;
/** Minutes left at which the time is said. */
export const SAID_AT = [15, 10, 5, 1];

export class Announcer {
  #fresh = 0;
  #lastSum = Number.NEGATIVE_INFINITY;
  /** @type {any} */
  #timer = null;

  /**
   * @param {{ clock: Clock, polite: (text: string) => void, urgent: (text: string) => void,
   *   sum: (messages: number) => string }} parts
   */
  constructor({ clock, polite, urgent, sum }) {
    this.clock = clock;
    this.polite = polite;
    this.urgent = urgent;
    this.sum = sum;
  }

  /** A message came in elsewhere: it goes into the next sum. */
  arrived() {
    this.#fresh += 1;
    if (this.#timer !== null) return;
    const pause = Math.max(0, this.#lastSum + SUM_EVERY - this.clock.now());
    this.#timer = this.clock.set(() => this.#say(), pause);
  }

  #say() {
    this.#timer = null;
    this.#lastSum = this.clock.now();
    this.polite(this.sum(this.#fresh));
    this.#fresh = 0;
  }
}

/**
 * The number of minutes to say when the time left moves from one moment to the next, or null. After a pause (a page
 * that slept) several marks are behind: then what is left now is said, once.
 *
 * @param {number} before milliseconds left a moment ago @param {number} after milliseconds left now
 */
export function minutesToSay(before, after) {
  const passed = SAID_AT.some((minutes) => before > minutes * 60_000 && after <= minutes * 60_000);
  return passed && after > 0 ? Math.ceil(after / 60_000) : null;
}

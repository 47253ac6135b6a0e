/**
 * Commands that are answered here and now (claim, extend …): a promise each, settled by its result frame. What must
 * not be lost (replies, notes) goes through the outbox instead.
 *
 * @import { Result } from "./protocol.js"
 * @import { Clock } from "./feed.js"
 */

/** Without a result for so long a command counts as unanswered, in milliseconds. */
export const ANSWER_WITHIN = 15_000;

export class Commands {
  /** @type {Map<string, (result: Result) => void>} */
  #waiting = new Map();

  /**
   * @param {{ clock: Clock, newId: () => string,
   *   send: (command: { id: string, name: string, data: object }) => boolean }} parts
   */
  constructor({ clock, newId, send }) {
    this.clock = clock;
    this.newId = newId;
    this.send = send;
  }

  /** @param {string} name @param {object} data @returns {Promise<Result>} never rejects */
  run(name, data) {
    const id = this.newId();
    return new Promise((resolve) => {
      if (!this.send({ id, name, data })) return resolve(failure(id, "offline"));
      const timer = this.clock.set(() => this.settle(failure(id, "timeout")), ANSWER_WITHIN);
      this.#waiting.set(id, (result) => {
        this.clock.clear(timer);
        resolve(result);
      });
    });
  }

  /** @param {Result} result @returns {boolean} whether somebody waited for it */
  settle(result) {
    const resolve = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    resolve?.(result);
    return resolve !== undefined;
  }

  /** @param {string} code */
  failAll(code) {
    for (const id of [...this.#waiting.keys()]) this.settle(failure(id, code));
  }
}

/** @param {string} id @param {string} code @returns {Result} */
function failure(id, code) {
  return { id, ok: false, error: { code, message: "" } };
}

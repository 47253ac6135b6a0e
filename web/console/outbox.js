/**
 * Replies and notes on their way to the server: shown at once, sent as soon as there is a connection, sent again with
 * the same id (which does nothing twice), never lost silently. Holds no DOM.
 *
 * @import { Refusal, Result } from "./protocol.js"
 * @import { Clock } from "./feed.js"
 * @typedef {{ conversation: string, text: string, seen?: number, reply_to?: string, take_over?: boolean }} Data
 * @typedef {"waiting" | "sent" | "unconfirmed" | "ask" | "refused"} ItemState
 * @typedef {{ id: string, name: "reply" | "note", data: Data, at: number, state: ItemState, error: Refusal | null }} Item
 * @typedef {{ load: () => Item[], save: (items: readonly Item[]) => void }} Shelf
 */

/** Without an answer for so long a message counts as not confirmed, in milliseconds. */
export const CONFIRM_WITHIN = 15_000;
/** What waited longer for a connection asks before it goes out: the talk may have moved. */
export const ASK_AFTER = 120_000;

export class Outbox {
  /** @type {readonly Item[]} */
  #items;
  /** @type {Map<string, any>} */
  #timers = new Map();

  /**
   * @param {{ clock: Clock, newId: () => string, send: (command: { id: string, name: string, data: Data }) => boolean,
   *   changed: (items: readonly Item[]) => void, shelf: Shelf }} parts
   */
  constructor({ clock, newId, send, changed, shelf }) {
    this.clock = clock;
    this.newId = newId;
    this.send = send;
    this.changed = changed;
    this.shelf = shelf;
    this.#items = shelf.load().map((item) => (item.state === "sent" ? { ...item, state: "waiting" } : item));
  }

  get items() {
    return this.#items;
  }

  /** @param {"reply" | "note"} name @param {Data} data @returns {string} the id, which is also the message's client_id */
  add(name, data) {
    const id = this.newId();
    this.#set([...this.#items, { id, name, data, at: this.clock.now(), state: "waiting", error: null }]);
    this.#go(id);
    return id;
  }

  /** The connection stands and the state is current: send what waited, ask about what waited long. */
  connected() {
    for (const item of this.#items) {
      if (item.state !== "waiting") continue;
      if (this.clock.now() - item.at > ASK_AFTER) this.#update(item.id, { state: "ask" });
      else this.#go(item.id);
    }
  }

  /** What has no answer yet waits again; the same id makes sending it twice harmless. */
  disconnected() {
    for (const item of this.#items) if (item.state === "sent") this.#update(item.id, { state: "waiting" });
  }

  /** @param {Result} result @returns {Item | null} the item it settles or refuses, null if it is about something else */
  result(result) {
    const item = this.#find(result.id);
    if (!item) return null;
    if (result.ok) this.#remove(item.id);
    else this.#update(item.id, { state: "refused", error: result.error ?? { code: "unknown", message: "" } });
    return item;
  }

  /** The event that carries this client id has arrived. @param {string | null} id */
  echo(id) {
    if (id) this.#remove(id);
  }

  /** Once more, with the same id. @param {string} id */
  again(id) {
    this.#update(id, { state: "waiting", at: this.clock.now() });
    this.#go(id);
  }

  /** Once more as a new command, after its refusal was read. @param {string} id @param {Partial<Data>} changes */
  anyway(id, changes) {
    const item = this.#find(id);
    if (!item) return;
    this.#remove(id);
    this.add(item.name, { ...item.data, ...changes });
  }

  /** Back into the hands of who wrote it. @param {string} id @returns {Item | null} */
  take(id) {
    const item = this.#find(id);
    this.#remove(id);
    return item;
  }

  clear() {
    for (const id of [...this.#timers.keys()]) this.#stopTimer(id);
    this.#set([]);
  }

  /** @param {string} id */
  #go(id) {
    const item = this.#find(id);
    if (!item || !this.send({ id, name: item.name, data: item.data })) return;
    this.#update(id, { state: "sent" });
    this.#timers.set(
      id,
      this.clock.set(() => this.#unanswered(id), CONFIRM_WITHIN),
    );
  }

  /** @param {string} id */
  #unanswered(id) {
    if (this.#find(id)?.state === "sent") this.#update(id, { state: "unconfirmed" });
  }

  /** @param {string} id */
  #find(id) {
    return this.#items.find((item) => item.id === id) ?? null;
  }

  /** @param {string} id @param {Partial<Item>} changes */
  #update(id, changes) {
    this.#stopTimer(id);
    this.#set(this.#items.map((item) => (item.id === id ? { ...item, ...changes } : item)));
  }

  /** @param {string} id */
  #remove(id) {
    if (!this.#find(id)) return;
    this.#stopTimer(id);
    this.#set(this.#items.filter((item) => item.id !== id));
  }

  /** @param {string} id */
  #stopTimer(id) {
    this.clock.clear(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** @param {readonly Item[]} items */
  #set(items) {
    this.#items = items;
    this.shelf.save(items);
    this.changed(items);
  }
}

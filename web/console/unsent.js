/**
 * What an agent has begun to write, per conversation and mode, and the outbox: kept in this tab's storage, so that it
 * survives a reload and a new login of the same agent, and nothing else.
 *
 * @import { Item } from "./outbox.js"
 * @typedef {"reply" | "note"} Mode
 * @typedef {Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">} Storage
 */

const KEYS = { agent: "sessionhours.agent", texts: "sessionhours.texts", outbox: "sessionhours.outbox" };

export class Unsent {
  /** @type {Record<string, string>} */
  #texts;

  /** @param {Storage} storage @param {string} agent whose texts these are; another one's are thrown away */
  constructor(storage, agent) {
    this.storage = storage;
    if (storage.getItem(KEYS.agent) !== agent) this.clear();
    storage.setItem(KEYS.agent, agent);
    this.#texts = read(storage, KEYS.texts, {});
  }

  /** @param {string} conversation @param {Mode} mode @returns {string} */
  text(conversation, mode) {
    return this.#texts[`${conversation}/${mode}`] ?? "";
  }

  /** @param {string} conversation @param {Mode} mode @param {string} text */
  keep(conversation, mode, text) {
    const key = `${conversation}/${mode}`;
    if (text) this.#texts[key] = text;
    else delete this.#texts[key];
    this.storage.setItem(KEYS.texts, JSON.stringify(this.#texts));
  }

  /** @returns {Item[]} */
  load() {
    return read(this.storage, KEYS.outbox, []);
  }

  /** @param {readonly Item[]} items */
  save(items) {
    this.storage.setItem(KEYS.outbox, JSON.stringify(items));
  }

  /** At logout. */
  clear() {
    for (const key of Object.values(KEYS)) this.storage.removeItem(key);
    this.#texts = {};
  }
}

/** @template T @param {Storage} storage @param {string} key @param {T} otherwise @returns {T} */
function read(storage, key, otherwise) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

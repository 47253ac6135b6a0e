/** What an agent chose for this browser: look, language, what Enter does. Kept in local storage. */
import { signal } from "../vendor/signals.js";

const KEY = "sessionhours.settings";

/** @typedef {{ theme: "auto" | "light" | "dark", language: string, enterSends: boolean }} Chosen */

export class Settings {
  /** @param {Pick<globalThis.Storage, "getItem" | "setItem">} storage @param {Chosen} otherwise */
  constructor(storage, otherwise) {
    this.storage = storage;
    const chosen = { ...otherwise, ...read(storage) };
    this.theme = signal(chosen.theme);
    this.language = signal(chosen.language);
    this.enterSends = signal(chosen.enterSends);
    /** Called after each change. @type {(chosen: Chosen) => void} */
    this.changed = () => {};
  }

  /** @returns {Chosen} */
  get chosen() {
    return { theme: this.theme.value, language: this.language.value, enterSends: this.enterSends.value };
  }

  /** @param {Chosen["theme"]} theme */
  setTheme(theme) {
    this.theme.value = theme;
    this.#keep();
  }

  /** @param {string} language */
  setLanguage(language) {
    this.language.value = language;
    this.#keep();
  }

  /** @param {boolean} sends */
  setEnterSends(sends) {
    this.enterSends.value = sends;
    this.#keep();
  }

  #keep() {
    this.storage.setItem(KEY, JSON.stringify(this.chosen));
    this.changed(this.chosen);
  }
}

/** @param {Pick<globalThis.Storage, "getItem">} storage @returns {Partial<Chosen>} */
function read(storage) {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

/**
 * Words of the screen, in German and English. A catalogue maps a key to a sentence with `{placeholders}`, or to its
 * forms by `Intl.PluralRules` when the placeholder `n` decides.
 *
 * @typedef {keyof typeof import("./de.js").default} FirstKey
 * @typedef {keyof typeof import("./de_later.js").default} LaterKey
 * @typedef {FirstKey | LaterKey} Key
 * @typedef {string | { one: string, other: string }} Sentence
 * @typedef {Record<FirstKey, Sentence>} Catalogue
 * @typedef {Record<LaterKey, Sentence>} LaterCatalogue
 */

/** @type {Partial<Record<Key, Sentence>>} */
let words = {};
let spoken = "de";
/** @type {Intl.PluralRules | null} */
let plural = null;

/** @param {string} language "de" or "en"; anything else is German */
export async function load(language) {
  spoken = language === "en" ? "en" : "de";
  plural = new Intl.PluralRules(spoken);
  words = spoken === "en" ? (await import("./en.js")).default : (await import("./de.js")).default;
}

/** The words of what is fetched later. */
export async function loadLater() {
  const more = spoken === "en" ? await import("./en_later.js") : await import("./de_later.js");
  words = { ...words, ...more.default };
}

export function language() {
  return spoken;
}

/** @param {Key} key @param {Record<string, string | number>} [values] @returns {string} */
export function t(key, values = {}) {
  return fill(words[key] ?? key, values, plural);
}

/** Is there a sentence for this key? For keys that are made from a code. @param {string} key @returns {key is Key} */
export function has(key) {
  return key in words;
}

/** @param {Sentence} sentence @param {Record<string, string | number>} values @param {Intl.PluralRules | null} rules */
export function fill(sentence, values, rules) {
  const form = typeof sentence === "string" ? sentence : plain(sentence, values.n, rules);
  return form.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {{ one: string, other: string }} sentence @param {string | number | undefined} n @param {Intl.PluralRules | null} rules */
function plain(sentence, n, rules) {
  return rules?.select(Number(n)) === "one" ? sentence.one : sentence.other;
}

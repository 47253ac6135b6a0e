/**
 * Words of the screen, in German and English. A catalogue maps a key to a sentence with `{placeholders}`, or to its
 * forms by `Intl.PluralRules` when the placeholder `n` decides.
 *
 * @typedef {keyof typeof import("./de.js").default} Key
 * @typedef {string | { one: string, other: string }} Sentence
 * @typedef {Record<Key, Sentence>} Catalogue
 */

/** @type {Catalogue | null} */
let words = null;
let spoken = "de";
/** @type {Intl.PluralRules | null} */
let plural = null;

/** @param {string} language "de" or "en"; anything else is German */
export async function load(language) {
  spoken = language === "en" ? "en" : "de";
  plural = new Intl.PluralRules(spoken);
  words = spoken === "en" ? (await import("./en.js")).default : (await import("./de.js")).default;
}

export function language() {
  return spoken;
}

/** @param {Key} key @param {Record<string, string | number>} [values] @returns {string} */
export function t(key, values = {}) {
  return fill(words?.[key] ?? key, values, plural);
}

/** Is there a sentence for this key? For keys that are made from a code. @param {string} key @returns {key is Key} */
export function has(key) {
  return words !== null && key in words;
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

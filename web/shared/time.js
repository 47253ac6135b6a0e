/**
 * Times in words. Instants are milliseconds or ISO strings with an offset; the zone is always the town's, never the
 * browser's; the language is "de" or "en". No clock in here: now is an argument.
 */

/** @typedef {{ zone: string, language: string }} Place */

const MINUTE = 60_000;

/** @param {string | number | null | undefined} instant @returns {number} milliseconds, or NaN */
export function millis(instant) {
  if (typeof instant === "number") return instant;
  return instant ? Date.parse(instant) : Number.NaN;
}

/** "15:22" @param {string | number} instant @param {Place} place */
export function clock(instant, place) {
  return format(instant, place, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** "Do., 3. Dezember" or "Thu, 3 December" @param {string | number} instant @param {Place} place */
export function day(instant, place) {
  return format(instant, place, { weekday: "short", day: "numeric", month: "long" });
}

/** "Donnerstag, 3. Dezember 2026" @param {string | number} instant @param {Place} place */
export function longDay(instant, place) {
  return format(instant, place, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** Local dates by zone and quarter of an hour: no zone changes its date within one. @type {Map<string, string>} */
const dates = new Map();
const QUARTER = 15 * MINUTE;

/** "2026-12-03", the local date @param {string | number} instant @param {Place} place @returns {string} */
export function dateKey(instant, place) {
  const at = millis(instant);
  const key = `${place.zone} ${Math.floor(at / QUARTER)}`;
  const known = dates.get(key);
  if (known !== undefined) return known;
  const date = formatter({ zone: place.zone, language: "sv" }, { dateStyle: "short" }).format(at);
  dates.set(key, date);
  return date;
}

/** "15:00–16:00 Uhr" @param {string | number} from @param {string | number} to @param {Place} place */
export function hours(from, to, place) {
  const span = `${clock(from, place)}–${clock(to, place)}`;
  return place.language === "de" ? `${span} Uhr` : span;
}

/** Two times of one day, "15:02" and "15:41"; of two days each with its own, "Do., 3. Dezember, 17:42".
 * @param {string | number} one @param {string | number} other @param {Place} place @returns {[string, string]} */
export function moments(one, other, place) {
  const apart = dateKey(one, place) !== dateKey(other, place);
  const words = (/** @type {string | number} */ at) => `${day(at, place)}, ${clock(at, place)}`;
  return apart ? [words(one), words(other)] : [clock(one, place), clock(other, place)];
}

/** Whole days of the calendar from now to the instant: 0 today, 1 tomorrow, -1 yesterday.
 * @param {string | number} instant @param {number} now @param {Place} place */
export function daysAway(instant, now, place) {
  return Math.round((Date.parse(dateKey(instant, place)) - Date.parse(dateKey(now, place))) / 86_400_000);
}

/** What a countdown shows: "23:41", "1:05:09"; "0:00" when nothing is left. @param {number} left milliseconds */
export function countdown(left) {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Whole minutes gone by since the instant, never negative. @param {string | number} since @param {number} now */
export function minutesSince(since, now) {
  return Math.max(0, Math.floor((now - millis(since)) / MINUTE));
}

/** "0:14" for a length in seconds. @param {number} seconds */
export function length(seconds) {
  return countdown(seconds * 1000);
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/** @param {string | number} instant @param {Place} place @param {Intl.DateTimeFormatOptions} options */
function format(instant, place, options) {
  const at = millis(instant);
  return Number.isNaN(at) ? "" : formatter(place, options).format(at);
}

/** @param {Place} place @param {Intl.DateTimeFormatOptions} options */
function formatter(place, options) {
  const key = `${place.language} ${place.zone} ${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (!found) {
    const locale = place.language === "en" ? "en-GB" : place.language;
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone: place.zone });
    formatters.set(key, found);
  }
  return found;
}

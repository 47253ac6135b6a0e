/**
 * Who waits, and in which order: the longest wait since the first unanswered message first, so that writing again
 * never costs the place. While somebody points into the list it stands still. Pure.
 *
 * @import { Conversation } from "./protocol.js"
 * @typedef {"open" | "mine" | "done"} Tab
 */
import { millis, minutesSince } from "../shared/time.js";
import { assigneeId } from "./protocol.js";
import { turns } from "./turns.js";

/** Rows shown at first, and added by each "Weitere anzeigen". */
export const PAGE = 50;
/** Whoever can be answered freely for less than this comes up, in milliseconds. */
export const SOON = 2 * 3_600_000;
/** From so many minutes on a wait is marked as long. */
export const LONG_WAIT = 10;

const OPEN = new Set(["held", "waiting", "drafting", "approval"]);

/** @param {Conversation} conversation @param {Tab} tab @param {string} me @returns {boolean} */
export function inTab(conversation, tab, me) {
  const open = OPEN.has(conversation.lane);
  if (tab === "open") return open;
  if (tab === "mine") return assigneeId(conversation) === me && conversation.lane !== "done";
  return !open;
}

/**
 * The conversations of a tab, in order: first whose time to be answered is nearly over. Done ones: the newest first.
 *
 * @param {Iterable<Conversation>} conversations @param {Tab} tab @param {string} me @param {number} [now]
 * @returns {Conversation[]}
 */
export function queue(conversations, tab, me, now = Number.NaN) {
  const rows = [];
  const all = [...conversations];
  for (const row of all)
    if (inTab(row, tab, me))
      rows.push({ row, late: isLate(row, now), key: tab === "done" ? -lastAt(row) : waitKey(row) });
  rows.sort((a, b) => a.late - b.late || a.key - b.key || (a.row.id < b.row.id ? -1 : 1));
  const order = rows.map(({ row }) => row);
  if (tab !== "open") return order;
  const first = rows.filter(({ late }) => !late).length;
  return [...order.slice(0, first), ...turns(order.slice(first), all)];
}

/** @param {Conversation} conversation @param {number} now @returns {number} 0 for who comes up, else 1 */
function isLate(conversation, now) {
  const left = millis(conversation.window_closes_at) - now;
  return conversation.waiting_since && left > 0 && left < SOON ? 0 : 1;
}

/** @param {Conversation} conversation: since when somebody waits; who waits for nothing comes last */
function waitKey(conversation) {
  return conversation.waiting_since ? millis(conversation.waiting_since) : Number.MAX_SAFE_INTEGER;
}

/** @param {Conversation} conversation */
function lastAt(conversation) {
  const last = /** @type {any} */ (conversation.last_message);
  return millis(last?.sent_at ?? last?.received_at ?? last?.at) || 0;
}

/** @param {Iterable<Conversation>} conversations @param {string} me @returns {Record<Tab, number>} */
export function counts(conversations, me) {
  const found = { open: 0, mine: 0, done: 0 };
  for (const one of conversations) {
    for (const tab of /** @type {Tab[]} */ (["open", "mine", "done"]))
      if (inTab(one, tab, me)) found[tab] += 1;
  }
  return found;
}

/**
 * What a standing list shows: the rows it showed, in their old places, and how many new ones wait to be sorted in.
 *
 * @param {readonly string[]} shown ids as they stood @param {readonly string[]} wanted ids in the right order now
 * @returns {{ ids: readonly string[], fresh: number }}
 */
export function standing(shown, wanted) {
  const known = new Set(shown);
  return { ids: shown, fresh: wanted.filter((id) => !known.has(id)).length };
}

/**
 * The right order with rows that have just left it still in their old places.
 *
 * @param {readonly string[]} shown ids as they stood @param {readonly string[]} wanted
 * @param {(id: string) => boolean} lingers @returns {readonly string[]}
 */
export function lingering(shown, wanted, lingers) {
  const inside = new Set(wanted);
  const ids = [...wanted];
  shown.forEach((id, place) => {
    if (!inside.has(id) && lingers(id)) ids.splice(Math.min(place, ids.length), 0, id);
  });
  return ids;
}

/** @param {Conversation} conversation @param {number} now @returns {{ minutes: number, long: boolean } | null} */
export function wait(conversation, now) {
  if (!conversation.waiting_since) return null;
  const minutes = minutesSince(conversation.waiting_since, now);
  return { minutes, long: minutes >= LONG_WAIT };
}

/** The neighbour of a row in the list as it stands. @param {readonly string[]} ids @param {string | null} from @param {1 | -1} step */
export function neighbour(ids, from, step) {
  const at = from === null ? -1 : ids.indexOf(from);
  if (at < 0) return (step > 0 ? ids[0] : ids.at(-1)) ?? null;
  return ids[at + step] ?? null;
}

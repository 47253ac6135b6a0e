/**
 * Who waits, and in which order: whoever was left over last time first, then the longest wait since the first unanswered
 * message, so that writing again never costs the place. While somebody points into the list it stands still. Pure.
 *
 * @import { Conversation } from "./protocol.js"
 * @typedef {"open" | "mine" | "follow_up" | "done"} Tab
 */
import { millis, minutesSince } from "../shared/time.js";
import { assigneeId } from "./protocol.js";
import { turns } from "./turns.js";

/** Rows shown at first, and added by each "Weitere anzeigen". */
export const PAGE = 50;
/** Whoever can be answered freely for less than this comes up, in milliseconds. */
export const SOON = 2 * 3_600_000;
/** @type {readonly Tab[]} */
export const TABS = ["open", "mine", "follow_up", "done"];
/** From so many minutes on a wait is marked as long. */
export const LONG_WAIT = 10;

const OPEN = new Set(["held", "waiting", "drafting", "approval"]);

/** @param {Conversation} conversation @param {Tab} tab @param {string} me @returns {boolean} */
export function inTab(conversation, tab, me) {
  const { lane } = conversation;
  const open = OPEN.has(lane);
  if (tab === "open") return open;
  if (tab === "mine") return (open || lane === "answered") && assigneeId(conversation) === me;
  return !open && (tab === "follow_up") === (lane === "follow_up");
}

/**
 * The conversations of a tab, in order: first who was left over last time, then whose time to be answered is nearly
 * over. Done ones: the newest first; what is owed: the nearest date first.
 *
 * @param {Iterable<Conversation>} conversations @param {Tab} tab @param {string} me @param {number} [now]
 * @returns {Conversation[]}
 */
export function queue(conversations, tab, me, now = Number.NaN) {
  const rows = [];
  const all = [...conversations];
  for (const row of all)
    if (inTab(row, tab, me)) rows.push({ row, rank: rank(row, now), key: KEYS[tab](row) });
  rows.sort((a, b) => a.rank - b.rank || a.key - b.key || (a.row.id < b.row.id ? -1 : 1));
  const order = rows.map(({ row }) => row);
  if (tab !== "open") return order;
  const first = rows.filter(({ rank }) => rank < 2).length;
  return [...order.slice(0, first), ...turns(order.slice(first), all)];
}

/** 0 for whoever was left over, 1 for whose time to be answered is nearly over. @param {Conversation} conversation @param {number} now */
function rank({ waiting_since: since, window_closes_at: closes, carried }, now) {
  if (!since) return 2;
  const left = millis(closes) - now;
  return carried ? 0 : left > 0 && left < SOON ? 1 : 2;
}

/** @param {Conversation} conversation: since when somebody waits; who waits for nothing comes last */
function waitKey(conversation) {
  return conversation.waiting_since ? millis(conversation.waiting_since) : Number.MAX_SAFE_INTEGER;
}

/** @param {Conversation} conversation: by when something is owed; what has no date comes last */
function owedKey(conversation) {
  const { outcome, outcome_detail: date } = conversation;
  return (outcome === "promised" && millis(date)) || Number.MAX_SAFE_INTEGER;
}

/** @type {Record<Tab, (conversation: Conversation) => number>} */
const KEYS = { open: waitKey, mine: waitKey, follow_up: owedKey, done: (one) => -lastAt(one) };

/** @param {Conversation} conversation */
function lastAt(conversation) {
  const last = /** @type {any} */ (conversation.last_message);
  return millis(last?.sent_at ?? last?.received_at ?? last?.at) || 0;
}

/** @param {Iterable<Conversation>} conversations @param {string} me @returns {Record<Tab, number>} */
export function counts(conversations, me) {
  const found = { open: 0, mine: 0, follow_up: 0, done: 0 };
  for (const one of conversations) for (const tab of TABS) if (inTab(one, tab, me)) found[tab] += 1;
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

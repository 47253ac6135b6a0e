/**
 * What the console knows: a snapshot, moved on by events. Everything in here is pure; a state is never changed, an
 * object that did not change keeps its identity.
 *
 * Law (also held in the server's tests): snapshot before + events = snapshot after.
 *
 * @import { Budget, Conversation, Session, Agent, Line, Notice, Message, Note, Snapshot, Event } from "./protocol.js"
 * @typedef {Message & { type: "message" }} MessageEntry
 * @typedef {Note & { type: "note" }} NoteEntry
 * @typedef {MessageEntry | NoteEntry} Entry
 * @typedef {{ entries: readonly Entry[], more: boolean, from: string | null,
 *   state: "loading" | "ready" | "failed" }} Timeline from: the oldest message that a page brought; events may bring older
 * @typedef {{ seq: number, conversations: ReadonlyMap<string, Conversation>, sessions: ReadonlyMap<string, Session>,
 *   agents: ReadonlyMap<string, Agent>, lines: ReadonlyMap<string, Line>, notices: readonly Notice[],
 *   budget: ReadonlyMap<string, Budget>, timelines: ReadonlyMap<string, Timeline>, outdated: boolean,
 *   over: Session | null }} State over: what was closed or cancelled last while this console looked
 */
import { millis } from "../shared/time.js";

const RUNNING = new Set(["lobby", "open", "intake_closed", "draining"]);
const OVER = new Set(["closed", "cancelled"]);
const NOTICES_KEPT = 20;

/** @returns {State} */
export function empty() {
  return {
    seq: 0,
    conversations: new Map(),
    sessions: new Map(),
    agents: new Map(),
    lines: new Map(),
    notices: [],
    budget: new Map(),
    timelines: new Map(),
    outdated: false,
    over: null,
  };
}

/**
 * The state a snapshot describes. What it tells of lines is added to what is known; timelines are to be read anew.
 *
 * @param {State} state @param {Snapshot} snapshot @returns {State}
 */
export function fromSnapshot(state, snapshot) {
  const sessions = [...snapshot.sessions, snapshot.session, snapshot.next_session].filter(
    (one) => one !== null,
  );
  return {
    ...state,
    seq: snapshot.seq,
    conversations: byId(snapshot.conversations),
    sessions: byId(sessions),
    agents: byId(snapshot.agents),
    lines: (snapshot.lines ?? []).reduce(putLine, state.lines),
    notices: snapshot.notices ?? [],
    budget: new Map((snapshot.budget ?? []).map((one) => [one.line, one])),
    timelines: new Map(),
    outdated: false,
  };
}

/**
 * The sessions of a fresh snapshot, read because the schedule changed. Conversations stay as the events tell them.
 *
 * @param {State} state @param {Snapshot} snapshot @returns {State}
 */
export function refreshSessions(state, snapshot) {
  return { ...state, sessions: fromSnapshot(state, snapshot).sessions, outdated: false };
}

/** @param {State} state @param {readonly Event[]} events @returns {State} */
export function applyAll(state, events) {
  return events.reduce(apply, state);
}

/**
 * The state after one event. An event that is already in the state changes nothing; an unknown one only moves `seq`.
 *
 * @param {State} state @param {Event} event @returns {State}
 */
export function apply(state, event) {
  if (event.seq <= state.seq) return state;
  return { ...change(state, event.name, event.data), seq: event.seq };
}

/** @param {State} state @param {string} name @param {any} data @returns {State} */
function change(state, name, data) {
  switch (name) {
    case "message.created":
    case "message.updated":
      return putEntry(state, { ...data, type: "message" });
    case "message.removed":
      return removeEntry(state, data.id);
    case "note.created":
      return putEntry(state, { ...data, type: "note" });
    case "conversation.created":
    case "conversation.updated":
      return { ...state, conversations: put(state.conversations, data) };
    case "conversation.removed":
      return removeConversation(state, data.id);
    case "session.created":
    case "session.updated":
      return putSession(state, data);
    case "agent.updated":
      return { ...state, agents: data.disabled ? without(state.agents, data.id) : put(state.agents, data) };
    case "line.updated":
      return { ...state, lines: putLine(state.lines, data) };
    case "notice.created":
      return { ...state, notices: [data, ...state.notices].slice(0, NOTICES_KEPT) };
    case "notice.removed":
      return { ...state, notices: state.notices.filter((one) => one.id !== data.id) };
    case "budget.updated":
      return { ...state, budget: new Map(state.budget).set(data.line, data) };
    case "schedule.changed":
      return { ...state, outdated: true };
    default:
      return state;
  }
}

/** The session that is on, the earliest if there are several. @param {State} state @returns {Session | null} */
export function currentSession(state) {
  return earliest(state, (session) => RUNNING.has(session.state));
}

/** @param {State} state @returns {Session | null} */
export function nextSession(state) {
  return earliest(state, (session) => session.state === "announced");
}

/** @param {State} state @param {string} conversation @returns {State} */
export function timelineLoading(state, conversation) {
  const known = state.timelines.get(conversation) ?? { entries: [], more: false, from: null };
  return setTimeline(state, conversation, { ...known, state: "loading" });
}

/** @param {State} state @param {string} conversation @returns {State} */
export function timelineFailed(state, conversation) {
  const known = state.timelines.get(conversation);
  return known ? setTimeline(state, conversation, { ...known, state: "failed" }) : state;
}

/**
 * Adds a page of older messages (and notes), oldest first. What events brought meanwhile wins over the page, because
 * whatever the page knows better is still to come as an event.
 *
 * @param {State} state @param {string} conversation
 * @param {{ messages: any[], notes?: any[], more: boolean }} page @returns {State}
 */
export function timelineLoaded(state, conversation, page) {
  const before = state.timelines.get(conversation);
  const known = before?.entries ?? [];
  const have = new Set(known.map((entry) => entry.id));
  const older = [...page.messages.map(asEntry), ...(page.notes ?? []).map(asNote)].filter(
    (e) => !have.has(e.id),
  );
  const entries = inOrder([...older, ...known]);
  const from = page.messages[0]?.id ?? before?.from ?? null;
  return setTimeline(state, conversation, { entries, more: page.more, from, state: "ready" });
}

/**
 * A message or note from the result of a command: shown at once, unless its event came first and knows more.
 *
 * @param {State} state @param {Entry} entry @returns {State}
 */
export function addResult(state, entry) {
  const known = state.timelines.get(entry.conversation)?.entries.some((one) => one.id === entry.id);
  return known ? state : putEntry(state, entry);
}

/** @param {State} state @param {Entry} entry @returns {State} */
function putEntry(state, entry) {
  const timeline = state.timelines.get(entry.conversation);
  if (!timeline) return state;
  const at = timeline.entries.findIndex((one) => one.id === entry.id);
  const entries =
    at < 0
      ? inOrder([...timeline.entries, entry])
      : timeline.entries.with(at, merged(timeline.entries[at], entry));
  return setTimeline(state, entry.conversation, { ...timeline, entries });
}

/** A message that was delivered or read never again looks as if it were not.
 * @param {Entry | undefined} before @param {Entry} after @returns {Entry} */
function merged(before, after) {
  if (before?.type !== "message" || after.type !== "message") return after;
  return { ...after, status: laterStatus(before.status, after.status) };
}

/** Where each status stands; `failed` shows only if nothing higher came. */
const RANK = { queued: 0, sending: 1, unclear: 2, failed: 3, sent: 3, delivered: 4, read: 5 };

/**
 * The status to show after `next` was told. Below "delivered" the server's order counts (a failed message may be
 * queued again); from there on it only moves up.
 *
 * @param {import("./protocol.js").Status | null} before @param {import("./protocol.js").Status | null} next
 */
export function laterStatus(before, next) {
  if (!before || !next) return next ?? before;
  return RANK[before] >= RANK.delivered && RANK[next] < RANK[before] ? before : next;
}

/** @param {State} state @param {string} id @returns {State} */
function removeEntry(state, id) {
  for (const [conversation, timeline] of state.timelines) {
    const at = timeline.entries.findIndex((entry) => entry.id === id);
    if (at < 0) continue;
    const entries = timeline.entries.toSpliced(at, 1);
    const next = entries.slice(at).find((entry) => entry.type === "message")?.id ?? null;
    return setTimeline(state, conversation, {
      ...timeline,
      entries,
      from: timeline.from === id ? next : timeline.from,
    });
  }
  return state;
}

/** @param {State} state @param {string} id @returns {State} */
function removeConversation(state, id) {
  return {
    ...state,
    conversations: without(state.conversations, id),
    timelines: without(state.timelines, id),
  };
}

/** @param {State} state @param {Session} session @returns {State} */
function putSession(state, session) {
  if (!OVER.has(session.state)) return { ...state, sessions: put(state.sessions, session) };
  const known = state.sessions.has(session.id) || state.over?.id === session.id;
  return {
    ...state,
    sessions: without(state.sessions, session.id),
    over: known ? session : state.over,
  };
}

/** @param {ReadonlyMap<string, Line>} lines @param {Line} line @returns {ReadonlyMap<string, Line>} */
function putLine(lines, line) {
  return put(lines, { ...lines.get(line.id), ...line });
}

/** @param {State} state @param {(session: Session) => boolean} wanted */
function earliest(state, wanted) {
  let found = null;
  for (const session of state.sessions.values()) {
    if (wanted(session) && (!found || millis(session.opens) < millis(found.opens))) found = session;
  }
  return found;
}

/** @param {State} state @param {string} conversation @param {Timeline} timeline @returns {State} */
function setTimeline(state, conversation, timeline) {
  return { ...state, timelines: new Map(state.timelines).set(conversation, timeline) };
}

/** @param {any} data @returns {Entry} */
function asEntry(data) {
  return data.kind === "note" ? asNote(data) : { ...data, type: "message" };
}

/** @param {any} data @returns {NoteEntry} */
function asNote(data) {
  return { ...data, type: "note", at: data.at ?? data.sent_at };
}

/** By the moment it was written, then as it was first seen. @param {Entry[]} entries @returns {Entry[]} */
function inOrder(entries) {
  return entries
    .map((entry) => ({ entry, moment: moment(entry) }))
    .sort((a, b) => a.moment - b.moment || (a.entry.seq ?? 0) - (b.entry.seq ?? 0))
    .map(({ entry }) => entry);
}

/** @param {Entry} entry @returns {number} milliseconds of its second, as WhatsApp counts; what has no time yet is the newest */
export function moment(entry) {
  const at = entry.type === "note" ? entry.at : (entry.sent_at ?? entry.received_at);
  const value = millis(at);
  return Number.isNaN(value) ? Number.MAX_SAFE_INTEGER : value - (value % 1000);
}

/** @template {{ id: string }} T @param {readonly T[]} items @returns {Map<string, T>} */
function byId(items) {
  return new Map(items.map((item) => [item.id, item]));
}

/** @template {{ id: string }} T @param {ReadonlyMap<string, T>} map @param {T} item */
function put(map, item) {
  return new Map(map).set(item.id, item);
}

/** @template T @param {ReadonlyMap<string, T>} map @param {string} id @returns {ReadonlyMap<string, T>} */
function without(map, id) {
  if (!map.has(id)) return map;
  const copy = new Map(map);
  copy.delete(id);
  return copy;
}

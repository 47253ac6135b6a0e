/**
 * What becomes of everybody when the hour ends: one outcome a person, one text that says so. Pure.
 *
 * @import { Conversation, Outcome } from "./protocol.js"
 * @typedef {{ outcome: Outcome | "", detail: string, text: string | null, about?: string }} Verdict detail: the date, the
 *   department or the reason; text: what somebody wrote in place of the standing text, null while nobody did, with the
 *   placeholder where it says the detail; about: the detail when they wrote it
 * @typedef {Partial<Record<Outcome, string>>} Texts the standing texts, with {date}, {department}, {reason} left open
 */
import { longDay, millis } from "../shared/time.js";

/** @type {Partial<Record<Outcome | "", "date" | "department" | "reason">>} */
const DETAILS = { promised: "date", handed_over: "department", declined: "reason" };
/** Lanes in which somebody still lacks an outcome, as the server counts. */
const UNANSWERED = new Set(["waiting", "drafting", "approval"]);
/** A promise is meant to be kept within so many days, unless another date is chosen. */
const PROMISED_DAYS = 7;

/** @type {Verdict} */
export const UNDECIDED = { outcome: "", detail: "", text: null };

/** What an outcome has to say beside itself. @param {Outcome | ""} outcome */
export function detailOf(outcome) {
  return DETAILS[outcome] ?? null;
}

/** An outcome as it is chosen: the promise has a date already. @param {Outcome | ""} outcome @param {string} today @returns {Verdict} */
export function chosen(outcome, today) {
  return { outcome, detail: outcome === "promised" ? daysAfter(today, PROMISED_DAYS) : "", text: null };
}

/** @param {string} date "2026-12-03" @param {number} days @returns {string} */
function daysAfter(date, days) {
  return new Date(Date.parse(`${date}T12:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** What would be sent; an answer has spoken for itself. @param {Verdict} verdict @param {Texts} texts @param {string} language the town's */
export function words({ outcome, detail, text }, texts, language) {
  const found = text ?? (outcome && texts[outcome]) ?? "";
  const name = detailOf(outcome);
  return name === null ? found : found.replaceAll(`{${name}}`, () => said(name, detail, language));
}

/**
 * As somebody wrote it. Where it says the detail it goes on saying it, whatever that is changed to.
 *
 * @param {Verdict} verdict @param {string} typed @param {string} language the town's @returns {Verdict}
 */
export function written(verdict, typed, language) {
  const name = detailOf(verdict.outcome);
  const parts = name === null ? [typed] : typed.split(said(name, verdict.detail, language));
  return { ...verdict, text: parts.length === 2 ? parts.join(`{${name}}`) : typed, about: verdict.detail };
}

/** Was the detail changed after somebody wrote a text that may still say the one before? @param {Verdict} verdict */
export function outdated({ outcome, detail, text, about }) {
  const name = detailOf(outcome);
  return name !== null && text !== null && !text.includes(`{${name}}`) && (about ?? detail) !== detail;
}

/** @param {string} name @param {string} detail @param {string} language */
function said(name, detail, language) {
  if (name !== "date" || !detail) return plain(detail) || "…";
  const day = longDay(`${detail}T12:00Z`, { zone: "UTC", language });
  return language === "en" ? day.replace(/^(\w+),? /, "$1, ") : day;
}

/** The text goes on after it, so it ends without a full stop. @param {string} detail */
function plain(detail) {
  return detail.trim().replace(/\.$/, "");
}

/** Is everything said? @param {Verdict} verdict @param {boolean} reachable */
export function complete({ outcome, detail, text }, reachable) {
  if (!outcome || (detailOf(outcome) && !plain(detail))) return false;
  return text === null || !reachable || text.trim() !== "";
}

/**
 * As the server takes it. The standing text is left to the server, which knows the plan as it stands; who cannot be
 * written to freely gets none.
 *
 * @param {string} conversation @param {Verdict} verdict @param {boolean} reachable
 */
export function item(conversation, { outcome, detail, text }, reachable) {
  const name = detailOf(outcome);
  const own = text === null ? {} : { text };
  return {
    conversation,
    outcome,
    ...(name && { [name]: plain(detail) }),
    ...(outcome === "answered" ? {} : reachable ? own : { text: "" }),
  };
}

/**
 * The same for one person by themselves. Whoever sees that there is an outcome already means to change it; where a
 * colleague was quicker, the server says so.
 *
 * @template T @param {T} item @param {Outcome | null} known the outcome that was on the screen when this was begun
 */
export function anew(item, known) {
  return known === null ? item : { ...item, again: true };
}

/** Who in a session lacks an outcome, the longest wait first. @param {Iterable<Conversation>} conversations @param {string} session */
export function unaccounted(conversations, session) {
  return [...conversations]
    .filter((one) => one.session === session && UNANSWERED.has(one.lane))
    .sort((a, b) => millis(a.waiting_since) - millis(b.waiting_since) || (a.id < b.id ? -1 : 1));
}

/** Can this person be written to freely? @param {Conversation} conversation @param {number} now */
export function reachable(conversation, now) {
  return millis(conversation.window_closes_at) > now;
}

/**
 * How far the hour reaches, from the seconds that an answer took so far. The system proposes, a person decides. Pure.
 *
 * @import { Session } from "./protocol.js"
 */
import { millis } from "../shared/time.js";

/**
 * When everybody who waits now would have an answer, and whether that is before the end; null where nothing can be
 * said: nobody waits, or too few answers were given.
 *
 * @param {Session} session @param {number} now @returns {{ until: number, enough: boolean } | null}
 */
export function forecast(session, now) {
  const waiting = session.counts?.waiting ?? 0;
  if (!session.pace || !waiting) return null;
  const until = now + waiting * session.pace * 1000;
  return { until, enough: until <= millis(session.closes) };
}

/** Is it time to take no more questions (AC-62)? @param {Session} session @param {number} now */
export function suggestsLastQuestions(session, now) {
  return session.state === "open" && forecast(session, now)?.enough === false;
}

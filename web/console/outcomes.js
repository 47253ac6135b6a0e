/**
 * What can become of a person, in the order in which it is offered, and how many had what. Pure.
 *
 * @import { Conversation, Outcome } from "./protocol.js"
 */

/** @type {readonly Outcome[]} */
export const OUTCOMES = ["answered", "promised", "carried_over", "handed_over", "declined"];

/** How many have which outcome, in the order of `OUTCOMES`. @param {Iterable<Conversation>} conversations @param {string | null} session null: any */
export function tally(conversations, session) {
  const found = /** @type {Map<Outcome, number>} */ (new Map());
  for (const { outcome, session: holder } of conversations)
    if (outcome && (session === null || holder === session))
      found.set(outcome, (found.get(outcome) ?? 0) + 1);
  return OUTCOMES.flatMap((outcome) => {
    const n = found.get(outcome);
    return n ? [{ outcome, n }] : [];
  });
}

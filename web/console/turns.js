/**
 * Taking turns: while people wait whose question was kept for the hour, they and those who come live alternate, each by
 * time. The server's `next` takes them in the same order. Pure.
 *
 * @import { Conversation } from "./protocol.js"
 */
import { assigneeId } from "./protocol.js";

/**
 * The same rows; those who wait for somebody to take them change places among themselves.
 *
 * @param {Conversation[]} rows in order @param {Conversation[]} all everybody, also who was taken already
 * @returns {Conversation[]}
 */
export function turns(rows, all) {
  const kept = rows.filter((row) => waits(row) && row.kept);
  if (!kept.length) return rows;
  const live = rows.filter((row) => waits(row) && !row.kept);
  let theirs = !lastTaken(all, kept)?.kept;
  return rows.map((row) => {
    if (!waits(row)) return row;
    const next = /** @type {Conversation} */ (
      (theirs ? kept : live).shift() ?? (theirs ? live : kept).shift()
    );
    theirs = !next.kept;
    return next;
  });
}

/** Nobody has them yet, and no older promise puts them first. @param {Conversation} row */
function waits(row) {
  const lane = row.lane === "waiting" || row.lane === "held";
  return lane && row.waiting_since !== null && !assigneeId(row) && !row.carried;
}

/** Who was taken last, of those in the same hour. @param {Conversation[]} all @param {Conversation[]} kept */
function lastTaken(all, kept) {
  const hours = new Set(kept.filter((row) => row.lane === "waiting").map((row) => row.session));
  const taken = all.filter((row) => row.assigned_at && hours.has(row.session));
  return taken.sort((a, b) => ((a.assigned_at ?? "") > (b.assigned_at ?? "") ? -1 : 1))[0];
}

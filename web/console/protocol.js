/**
 * The shapes of the wire (the console API), once. Types only, and the few readers that make optional or older forms
 * one form.
 *
 * @typedef {{ id: string, name: string }} Named
 * @typedef {Named & { email?: string, roles?: string[], disabled?: boolean }} Agent
 * @typedef {{ kind: "contact" | "agent" | "auto", id: string | null, name: string | null }} Author
 * @typedef {"queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unclear"} Status
 * @typedef {{ code: number | string, message?: string, next?: string }} Failure
 * @typedef {{ id?: string, state?: string, type?: string, mime_type?: string, filename?: string, size?: number,
 *   seconds?: number, width?: number, height?: number, latitude?: number, longitude?: number, name?: string,
 *   address?: string, emoji?: string, names?: string[] }} Media
 * @typedef {{ id: string, conversation: string, seq?: number, direction: "inbound" | "outbound", author: Author, kind: string,
 *   text: string | null, media: Media | null, sent_at: string | null, received_at: string | null, late: boolean,
 *   client_id: string | null, status: Status | null, error: Failure | null, reply_to: string | null,
 *   decision: string | null, detail?: any, reactions?: any }} Message
 * @typedef {{ id: string, conversation: string, author: Author | Named, text: string, at: string,
 *   seq?: number, client_id?: string | null }} Note
 * @typedef {"held" | "waiting" | "drafting" | "approval" | "answered" | "follow_up" | "done"} Lane
 * @typedef {"answered" | "promised" | "carried_over" | "handed_over" | "declined"} Outcome
 * @typedef {{ id: string, line: string, lane: Lane, session: string | null, contact: { id: string, name: string | null, phone: string | null },
 *   waiting_since: string | null, window_closes_at: string | null, assignee: string | Named | null,
 *   last_message: Message | { text: string | null, kind?: string, direction?: string, id?: string } | string | null,
 *   unread: number, outcome: Outcome | null, outcome_detail: string, assigned_at?: string | null, carried: boolean,
 *   kept?: boolean }} Conversation outcome_detail: the date, the department or the reason; carried: left over from the
 *   last session; kept: the question was kept for the hour
 * @typedef {"announced" | "lobby" | "open" | "intake_closed" | "draining" | "closed" | "cancelled"} SessionState
 * @typedef {{ id: string, line: string, number: number | null, title: string, topic: string | null, kind: string,
 *   state: SessionState, opens: string, closes: string, last_call_at: string | null, last_called_at?: string | null,
 *   reason?: string, replaced_by?: string | null, late_until?: string | null, deputy?: string, pace?: number | null,
 *   counts: Record<string, number> | null }} Session pace: seconds that an answer took so far
 * @typedef {{ id: string, level: "info" | "warning" | "error", code: string, message: string, at: string }} Notice
 * @typedef {{ id: string, title?: string, host?: string, phone?: string, approval?: boolean, persona?: string,
 *   paused_at?: string | null, why?: string | null }} Line
 * @typedef {{ line: string, month: string, delivered: number, free: number, cap: number, forecast: number,
 *   stopped: boolean }} Budget
 * @typedef {{ seq: number, now: string, session: Session | null, next_session: Session | null, sessions: Session[],
 *   conversations: Conversation[], agents: Agent[], lines?: Line[], notices?: Notice[], budget?: Budget[] }} Snapshot
 * @typedef {{ seq: number, name: string, at: string, data: any }} Event
 * @typedef {{ agent: Agent & { roles: string[] }, rights: Record<string, boolean>, town: { id: string, name: string,
 *   timezone: string, language: string, address: string }, lines: Line[], texts_language: string }} Me
 * @typedef {{ id: string, ok: boolean, data?: any, error?: Refusal }} Result
 * @typedef {{ code: string, message: string, seq?: number, missed?: Message[], assignee?: string,
 *   conversation?: string }} Refusal
 * @typedef {{ id: string, name: string, viewing: string | null, composing: string | null }} Presence
 */

/** @param {Conversation} conversation @returns {string | null} the id of who has claimed it */
export function assigneeId(conversation) {
  const { assignee } = conversation;
  return assignee && typeof assignee === "object" ? assignee.id : assignee;
}

/** @param {Conversation} conversation @returns {{ id: string | null, text: string, kind: string, own: boolean }} */
export function preview(conversation) {
  const last = conversation.last_message;
  if (!last) return { id: null, text: "", kind: "text", own: false };
  if (typeof last === "string") return { id: null, text: last, kind: "text", own: false };
  return {
    id: last.id ?? null,
    text: last.text ?? "",
    kind: last.kind ?? "text",
    own: last.direction === "outbound",
  };
}

/** A readable stand-in for somebody who has not told WhatsApp a name. @param {Conversation} conversation */
export function contactName(conversation) {
  const { name, phone } = conversation.contact;
  return name || phone || `#${conversation.contact.id.slice(0, 6)}`;
}

/** "+49 171 •••• 4711": enough to tell two people apart. @param {string | null} phone */
export function maskedPhone(phone) {
  if (!phone) return "";
  const digits = phone.replace(/^\+/, "").replace(/\D/g, "");
  return digits.length < 8 ? phone : `+${digits.slice(0, 2)} ${digits.slice(2, 5)} •••• ${digits.slice(-4)}`;
}

/** "+49 171 3920017" @param {string} phone */
export function readablePhone(phone) {
  return phone.replace(/^\+(49)(1\d\d|\d{4})(\d+)$/, "+$1 $2 $3");
}

/** @type {Map<string, string>} */
const known = new Map();

/** "AW" for Anna Weber, "HS" for Hans-Joachim von Schulenburg. @param {string} name @returns {string} */
export function initials(name) {
  const found = known.get(name) ?? firstLetters(name);
  known.set(name, found);
  return found;
}

/** @param {string} name */
function firstLetters(name) {
  const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  const letter = (/** @type {string} */ word) => word.match(/\p{L}/u)?.[0] ?? "";
  return (letter(first) + letter(last)).toLocaleUpperCase() || "?";
}

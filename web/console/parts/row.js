/** One person in the queue. */
import { h, html, icon, pure } from "../../shared/html.js";
import { has, t } from "../i18n.js";
import { contactName, preview } from "../protocol.js";
import { inTab, wait } from "../queue.js";
import { Avatar } from "./avatar.js";

/**
 * @param {{ conversation: import("../protocol.js").Conversation, unread: number, current: boolean, minute: number,
 *   gone: boolean, claimedBy: string | null, mine: boolean, writing: string | null, owed: string | null,
 *   open: (id: string, by: "pointer" | "key") => void }} props
 */
function RowView({ conversation, unread, current, minute, gone, claimedBy, mine, writing, owed, open }) {
  const waits = wait(conversation, minute);
  const press = (/** @type {MouseEvent} */ event) => open(conversation.id, event.detail ? "pointer" : "key");
  return html`<li><button type="button" class=${`row ${unread ? "unread" : ""} ${gone ? "gone" : ""}`}
      id=${`row-${conversation.id}`} aria-current=${current ? "true" : undefined} onClick=${press}>
    ${h(Avatar, { name: contactName(conversation) })}
    <span class="who" dir="auto">${contactName(conversation)}</span>
    ${
      waits &&
      html`<span class=${`wait num ${waits.long ? "late" : ""}`}>
      ${waits.long && icon("clock")}<span class="sr">${t("waits")} </span>${t("minutes_short", { n: waits.minutes })}</span>`
    }
    <span class="text" dir="auto">${gone ? t("row_answered") : previewText(conversation)}</span>
    <span class="end">
      ${writing && html`<span class="tag">${icon("pencil")}<span title=${t("is_writing", { name: writing })}>${t("writes")}</span></span>`}
      ${!writing && mine && html`<span class="tag brand">${icon("user-check")}${t("mine")}</span>`}
      ${!writing && claimedBy && html`<span class="tag">${icon("user-check")}<span class="name">${claimedBy}</span></span>`}
      ${owed && html`<span class="tag">${owed}</span>`}
      ${conversation.carried && inTab(conversation, "open", "") && html`<span class="tag brand">${icon("history")}<span class=${writing || mine || claimedBy ? "sr" : ""}>${t("from_last_time")}</span></span>`}
      ${conversation.lane === "held" && html`<span class="tag warn">${icon("history")}${t("lane_held")}</span>`}
      ${unread > 0 && html`<span class="badge">${unread}<span class="sr"> ${t("unread")}</span></span>`}
    </span>
  </button></li>`;
}

export const Row = pure(RowView);

/** @param {import("../protocol.js").Conversation} conversation */
export function previewText(conversation) {
  const { text, kind, own } = preview(conversation);
  const key = `kind_${kind}`;
  const words = kind !== "text" && has(key) ? [t(key), text].filter(Boolean).join(": ") : text;
  return own && !inTab(conversation, "open", "") ? t("own_preview", { text: words }) : words;
}

/** Until when WhatsApp lets us answer freely: green with the time, amber in the last hours, closed. */
import { html, icon } from "../../shared/html.js";
import { clock, day, daysAway, millis } from "../../shared/time.js";
import { t } from "../i18n.js";
import { SOON } from "../queue.js";

/** @param {import("../protocol.js").Conversation} conversation @param {number} now @returns {"open" | "soon" | "closed"} */
export function windowState(conversation, now) {
  const left = millis(conversation.window_closes_at) - now;
  if (!(left > 0)) return "closed";
  return left < SOON ? "soon" : "open";
}

/** @param {{ model: import("../console.js").Console, conversation: import("../protocol.js").Conversation }} props */
export function WindowTag({ model, conversation }) {
  const now = model.minute.value;
  const state = windowState(conversation, now);
  if (state === "closed")
    return html`<span class="tag danger">${icon("octagon-x")}${t("window_closed_tag")}</span>`;
  if (state === "open")
    return html`<span class="tag ok">${icon("clock")}${t("answer_until", { when: until(conversation, now, model.place.value) })}</span>`;
  const minutes = Math.ceil((millis(conversation.window_closes_at) - now) / 60_000);
  return html`<span class="tag warn">${icon("clock")}${t("answer_minutes", { n: minutes })}</span>`;
}

/** When the window closes: "15:22", "morgen, 15:22". @param {import("../protocol.js").Conversation} conversation @param {number} now @param {import("../../shared/time.js").Place} place */
export function until(conversation, now, place) {
  const at = conversation.window_closes_at ?? "";
  const days = daysAway(at, now, place);
  const time = clock(at, place);
  if (days === 0) return t("at_today", { time });
  return days === 1 ? t("at_tomorrow", { time }) : t("at_day", { day: day(at, place), time });
}

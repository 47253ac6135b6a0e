/** Where an outbound message stands: icon, and the word on the newest one; the times in the tooltip. */
import { html, icon } from "../../shared/html.js";
import { t } from "../i18n.js";

const ICONS = {
  queued: "clock",
  sending: "clock",
  sent: "check",
  delivered: "check-check",
  read: "check-check",
};

/** @param {{ message: import("../protocol.js").Message, newest: boolean }} props */
export function Tick({ message, newest }) {
  const { status } = message;
  if (!status || status === "failed" || status === "unclear") return null;
  const word = t(`status_${status}`);
  return html`<span class=${`tick ${status}`} title=${word}>${icon(ICONS[status])}<span class=${newest ? "" : "sr"}>${word}</span></span>`;
}

/** What is fetched once the queue stands: the conversation, and what opens by a press. */
import { h, html } from "../../shared/html.js";
import { t } from "../i18n.js";
import { Dialog } from "../parts/dialog.js";
import { CancelHour } from "./cancel_hour.js";
import { Closing } from "./closing.js";
import { Deputy } from "./deputy.js";
import { Details } from "./details.js";
import { Help } from "./help.js";
import { OpenNow } from "./open_now.js";
import { OutcomeOf } from "./outcome_of.js";
import { Zoom } from "./zoom.js";

export { Settling } from "./closing.js";
export { Conversation } from "./conversation.js";

/**
 * @typedef {{ kind: "zoom", url: string, alt: string } | { kind: "outcome", id: string, outcome: import("../protocol.js").Outcome }
 *   | { kind: "details" | "help" | "open_now" | "closing" | "deputy" | "cancel" }} Shown
 * @param {{ shown: Shown, model: import("../console.js").Console, close: () => void }} props
 */
export function Dialogs({ shown, model, close }) {
  switch (shown.kind) {
    case "zoom":
      return h(Zoom, { url: shown.url, alt: shown.alt, close });
    case "outcome":
      return h(OutcomeOf, { model, id: shown.id, outcome: shown.outcome, close });
    case "help":
      return h(Help, { close });
    case "open_now":
      return h(OpenNow, { model, close });
    case "closing":
      return h(Closing, { model, close });
    case "deputy":
      return h(Deputy, { model, close });
    case "cancel":
      return h(CancelHour, { model, close });
    case "details":
      return h(Dialog, { label: t("details"), className: "drawer", close, children: details(model, close) });
  }
}

/** @param {import("../console.js").Console} model @param {() => void} close */
function details(model, close) {
  return html`${h(Details, { model })}<div class="choices"><button type="button" class="btn" onClick=${close}>${t("close")}</button></div>`;
}

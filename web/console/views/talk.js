/** The place of the open conversation; without one, what there is to do. */
import { h, html, icon } from "../../shared/html.js";
import { t } from "../i18n.js";
import { SHORTCUTS } from "../keys.js";
import { Later } from "../parts/later.js";
import { Between } from "./between.js";
import { Nobody } from "./nobody.js";

/** @typedef {import("../console.js").Console} Console */

/** @param {{ model: Console, settings: import("../settings.js").Settings, show: (what: any) => void }} props */
export function Talk({ model, settings, show }) {
  const conversation = model.conversation.value;
  if (!conversation)
    return html`<section class="talk nothing" aria-label=${t("conversation")}>${nothing(model, show)}</section>`;
  return html`<section class="talk" aria-label=${t("conversation")}>
    ${h(Later, { view: "Conversation", model, settings, show, conversation })}
  </section>`;
}

/** @param {Console} model @param {(what: any) => void} show */
function nothing(model, show) {
  if (!model.live.loaded.value) return html`<div class="empty"><p>${t("loading")}</p></div>`;
  const session = model.session.value;
  if (session?.state === "draining" && session.counts?.waiting && model.may("session.settle"))
    return h(Later, { view: "Settling", model });
  if (session && !model.counts.value.open) return h(Nobody, { model });
  if (session || model.counts.value.open)
    return html`<div class="empty">${icon("message-circle")}<h2>${t("choose")}</h2><p>${t("choose_hint")} <kbd>${SHORTCUTS.next}</kbd></p></div>`;
  return h(Between, { model, show, heading: "heading" });
}

/** The whole console: header, banners, queue, conversation, details; one `<main>` around what people work in. */
import { h, html } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { Later } from "../parts/later.js";
import { Banner } from "./banner.js";
import { Bar } from "./bar.js";
import { Details } from "./details.js";
import { Queue } from "./queue.js";
import { Talk } from "./talk.js";

/**
 * @typedef {import("./later.js").Shown} Shown
 * @param {{ model: import("../console.js").Console, settings: import("../settings.js").Settings, logout: () => void }} props
 */
export function App({ model, settings, logout }) {
  const [shown, setShown] = useState(/** @type {Shown | null} */ (null));
  const pane = model.selected.value === null ? "queue" : "talk";
  return html`<div class="console" data-pane=${pane}>
    ${skipLink(model)}
    ${h(Bar, { model, settings, logout, show: setShown })}
    ${h(Banner, { model })}
    <main class="panes">
      ${h(Queue, { model, show: setShown })}
      ${h(Talk, { model, settings, show: setShown })}
    </main>
    <aside class="side" aria-label=${t("details")}>${h(Details, { model })}</aside>
    ${toast(model)}
    ${shown && h(Later, { view: "Dialogs", model, shown, close: () => setShown(null) })}
  </div>`;
}

/** @param {import("../console.js").Console} model */
function skipLink(model) {
  const talk = model.conversation.value !== null;
  const skip = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    model.page.focus(talk ? "composer" : "queue");
  };
  return html`<a class="skip" href=${talk ? "#pane-composer" : "#pane-queue"} onClick=${skip}>${t(talk ? "skip" : "skip_queue")}</a>`;
}

/** @param {import("../console.js").Console} model */
function toast(model) {
  const said = model.toast.value;
  return (
    said && html`<section class=${`toast ${said.kind}`} aria-label=${t("hint")}><p>${said.text}</p></section>`
  );
}

/**
 * What is fetched once the queue stands: the conversation, dialogs, the list that closes the hour. A console that is
 * older than the server's release and has not fetched them has to be loaded anew; what was begun to write is kept.
 */
import { h, html } from "../../shared/html.js";
import { signal } from "../../vendor/signals.js";
import { loadLater, t } from "../i18n.js";

/** @typedef {typeof import("../views/later.js")} Views */
const views = signal(/** @type {Views | null} */ (null));
const failed = signal(false);

/** Fetches it, once. */
export async function fetchLater() {
  failed.value = false;
  try {
    const [found] = await Promise.all([import("../views/later.js"), loadLater()]);
    views.value = found;
  } catch {
    failed.value = true;
  }
}

/** @param {{ view: keyof Views, model: import("../console.js").Console, [rest: string]: any }} props */
export function Later({ view, ...props }) {
  if (views.value) return h(/** @type {any} */ (views.value[view]), props);
  const reload = () => location.reload();
  return html`<div class="empty later"><p>${t(failed.value ? "not_fetched" : "loading")}</p>
    ${failed.value && html`<button type="button" class="btn" onClick=${reload}>${t("reload")}</button>`}</div>`;
}

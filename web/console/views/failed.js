/** When the console could not even begin: what happened and what to do. */
import { html, icon } from "../../shared/html.js";
import { t } from "../i18n.js";

/** @param {{ cause: string }} props */
export function Failed({ cause }) {
  return html`<main class="empty whole">${icon("triangle-alert")}<h1>${t("load_failed")}</h1><p>${cause}</p>
    <button type="button" class="btn primary" onClick=${() => location.reload()}>${icon("refresh-cw")}${t("reload")}</button></main>`;
}

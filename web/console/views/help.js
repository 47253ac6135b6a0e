/** All keys, in a dialog. */
import { h, html } from "../../shared/html.js";
import { t } from "../i18n.js";
import { Dialog } from "../parts/dialog.js";

/** @type {[string, import("../i18n.js").Key][]} */
const KEYS = [
  ["Alt+N", "key_next"],
  ["Alt+↑ / Alt+↓", "key_rows"],
  ["Alt+R", "key_reply"],
  ["Alt+I", "note"],
  ["Alt+U", "claim"],
  ["Alt+W", "key_resolve"],
  ["F6", "key_panes"],
  ["Esc", "key_leave"],
];

/** @param {{ close: () => void }} props */
export function Help({ close }) {
  return h(Dialog, {
    label: t("keyboard"),
    close,
    children: html`<h2>${t("keyboard")}</h2>
      <dl class="keylist">${KEYS.map(([key, words]) => html`<dt><kbd>${key}</kbd></dt><dd>${t(words)}</dd>`)}
        <dt><kbd>${t("ctrl_enter")}</kbd></dt><dd>${t("key_send")}</dd></dl>
      <div class="choices"><button type="button" class="btn" onClick=${close}>${t("close")}</button></div>`,
  });
}

/** Opens a session now: which line, for how long. */
import { h, html } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { Dialog } from "../parts/dialog.js";

const LENGTHS = [30, 45, 60, 90];

/** @param {{ model: import("../console.js").Console, close: () => void }} props */
export function OpenNow({ model, close }) {
  const lines = [...model.state.value.lines.values()];
  const [line, setLine] = useState(lines[0]?.id ?? "");
  const [minutes, setMinutes] = useState(60);
  const submit = async (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    const result = await model.openNow(line, minutes);
    if (result.ok) close();
  };
  return h(Dialog, {
    label: t("open_now"),
    close,
    children: html`<form onSubmit=${submit}><h2>${t("open_now")}</h2>
    <p>${t("open_now_hint")}</p>
    ${
      lines.length > 1 &&
      select(
        "line",
        t("line"),
        line,
        setLine,
        lines.map((one) => [one.id, one.title ?? one.id]),
      )
    }
    ${select(
      "minutes",
      t("how_long"),
      minutes,
      (value) => setMinutes(Number(value)),
      LENGTHS.map((n) => [n, t("minutes", { n })]),
    )}
    <div class="choices"><button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      <button class="btn primary">${t("open_now")}</button></div></form>`,
  });
}

/** @param {string} id @param {string} label @param {string | number} value @param {(value: string) => void} set @param {(string | number)[][]} options */
function select(id, label, value, set, options) {
  return html`<div class="field"><label for=${`open-${id}`}>${label}</label>
    <select id=${`open-${id}`} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
      ${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}
    </select></div>`;
}

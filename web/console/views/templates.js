/** After the service window: which approved template may go, and what the person will read. */
import { html, icon } from "../../shared/html.js";
import { useLayoutEffect, useState } from "../../vendor/hooks.js";
import * as api from "../api.js";
import { t } from "../i18n.js";

/**
 * @typedef {{ name: string, language: string, body: string, state: string, usable: boolean, parameters: string[] }} Choice
 * @param {{ model: import("../console.js").Console, id: string, close: () => void }} props
 */
export function Templates({ model, id, close }) {
  const [found, setFound] = useState(/** @type {Choice[] | null} */ (null));
  const [at, setAt] = useState(-1);
  const [busy, setBusy] = useState(false);
  const one = found?.[at];
  useLayoutEffect(() => {
    choices(id).then((all) => {
      setFound(all);
      setAt(all.findIndex((choice) => choice.usable));
    });
  }, []);
  const fill = (/** @type {number} */ n, /** @type {string} */ text) =>
    one && setFound(found.with(at, { ...one, parameters: one.parameters.with(n, text) }));
  const send = async () => {
    if (!one || busy) return;
    setBusy(true);
    const { name: template, language, parameters } = one;
    const result = await model.run("template", { conversation: id, template, language, parameters });
    setBusy(false);
    if (result.ok) close();
  };
  if (!found) return null;
  if (!one) return html`<p role="status">${[t("template_none"), ...found.map(label)].join(" ")}</p>`;
  return html`${filling(found, one, at, setAt, fill)}
    <div class="foot"><button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      <button type="button" class="btn primary" disabled=${busy || !model.online} onClick=${send}>${icon("send")}${t("template_send")}</button></div>`;
}

/** @param {string} id @returns {Promise<Choice[]>} none where the server cannot be asked */
async function choices(id) {
  const answer = await api.get(`/api/conversations/${id}/templates`).catch(() => null);
  return answer?.templates ?? [];
}

/** @param {Choice[]} found @param {Choice} one @param {number} at @param {(at: number) => void} setAt
 * @param {(n: number, text: string) => void} fill */
function filling(found, one, at, setAt, fill) {
  return html`<div class="field"><label for="template">${t("template")}</label>
    <select id="template" value=${at} onChange=${(/** @type {any} */ event) => setAt(Number(event.target.value))}>
      ${found.map((choice, n) => html`<option value=${n} selected=${n === at} disabled=${!choice.usable}>${label(choice)}</option>`)}
    </select></div>
    <p class="words read" dir="auto" lang=${one.language}>${preview(one)}</p>
    <details open=${one.parameters.includes("") || undefined}><summary>${t("template_values")}</summary>
    ${one.parameters.map((text, n) => entry(n, text, fill))}</details>`;
}

/** @param {number} n @param {string} text @param {(n: number, text: string) => void} fill */
function entry(n, text, fill) {
  const typed = (/** @type {any} */ event) => fill(n, event.target.value);
  return html`<div class="field"><label for=${`template-${n}`}>${t("template_value", { n: n + 1 })}</label>
    <input id=${`template-${n}`} value=${text} onInput=${typed} /></div>`;
}

/** @param {Choice} choice */
function label({ name, language, state }) {
  return `${name} (${language}): ${state}`;
}

/** @param {Choice} choice */
function preview({ body, parameters }) {
  const names = [...new Set([...body.matchAll(/{{\s*(\w+)\s*}}/g)].map((match) => match[1]))];
  return body.replace(/{{\s*(\w+)\s*}}/g, (whole, name) => parameters[names.indexOf(name)] || whole);
}

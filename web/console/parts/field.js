/** A labelled field of a form. */
import { html } from "../../shared/html.js";

/**
 * @param {{ id: string, label: string, value: string | number, set: (value: string) => void, type?: string, min?: string,
 *   required?: boolean, most?: number }} props
 */
export function Field({ id, label, value, set, type = "text", min, required = true, most = 500 }) {
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} type=${type} value=${value} min=${min} required=${required} maxlength=${most} autocomplete="off"
      onInput=${(/** @type {any} */ event) => set(event.target.value)} /></div>`;
}

/**
 * @param {{ id: string, label: string, value: string | number, set: (value: string) => void,
 *   options: (string | number)[][], quiet?: boolean }} props quiet: the label is for readers only
 */
export function Select({ id, label, value, set, options, quiet = false }) {
  return html`<div class="field"><label for=${id} class=${quiet ? "sr" : ""}>${label}</label>
    <select id=${id} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
      ${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}
    </select></div>`;
}

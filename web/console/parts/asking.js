/** A form in a dialog: it asks once at a time, says beside its buttons what was refused, and closes when it is done. */
import { html, icon } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";

/**
 * @typedef {import("../protocol.js").Refusal} Refusal
 * @param {import("../console.js").Console} model
 */
export function useAsking(model) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  /** @param {() => Promise<import("../protocol.js").Result>} run @param {() => void} done */
  const ask = async (run, done) => {
    setBusy(true);
    const result = await run();
    setBusy(false);
    setRefusal(result.ok ? null : (result.error ?? { code: "?", message: "" }));
    if (result.ok) done();
  };
  return { busy: busy || !model.online, refusal, ask };
}

/** @param {import("../console.js").Console} model @param {Refusal | null} refusal */
export function refused(model, refusal) {
  const words = model.online ? refusal && model.words(refusal) : t("not_offline");
  return html`<div role="alert">${words && html`<p class="failed">${icon("circle-alert")}<span>${words}</span></p>`}</div>`;
}

/**
 * The two buttons at a dialog's end; safe: the harmless one has the focus first.
 *
 * @param {{ close: () => void, label: string, disabled?: boolean, tone?: string, safe?: boolean }} parts
 */
export function choices({ close, label, disabled = false, tone = "primary", safe = false }) {
  return html`<div class="choices"><button type="button" class="btn" autofocus=${safe} onClick=${close}>${t("cancel")}</button>
    <button class=${`btn ${tone}`} disabled=${disabled}>${label}</button></div>`;
}

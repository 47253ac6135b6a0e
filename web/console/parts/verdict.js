/** What becomes of one person: the outcome, what it says beside itself, and the text as the telephone will show it. */
import { h, html, icon } from "../../shared/html.js";
import { dateKey } from "../../shared/time.js";
import { t } from "../i18n.js";
import { OUTCOMES } from "../outcomes.js";
import { readablePhone } from "../protocol.js";
import { chosen, detailOf, outdated, words, written } from "../ritual.js";
import { Field, Select } from "./field.js";

/**
 * @typedef {import("../ritual.js").Verdict} Verdict
 * @typedef {import("../ritual.js").Texts} Texts
 * @typedef {import("../console.js").Console} Console
 * @param {{ model: Console, id: string, label: string, verdict: Verdict, set: (verdict: Verdict) => void, quiet?: boolean }} props
 */
export function VerdictFields({ model, id, label, verdict, set, quiet = true }) {
  const today = dateKey(model.minute.value, model.place.value);
  const detail = detailOf(verdict.outcome);
  const choose = (/** @type {string} */ outcome) => set(chosen(/** @type {any} */ (outcome), today));
  return html`<div class="verdict">
    ${h(Select, {
      id: `outcome-${id}`,
      label,
      value: verdict.outcome,
      set: choose,
      quiet,
      options: [["", t("choose_outcome")], ...OUTCOMES.map((one) => [one, t(`outcome_${one}`)])],
    })}
    ${
      detail &&
      h(Field, {
        id: `detail-${id}`,
        label: t(`detail_${detail}`),
        type: detail === "date" ? "date" : "text",
        min: detail === "date" ? today : undefined,
        value: verdict.detail,
        set: (value) => set({ ...verdict, detail: value }),
      })
    }</div>`;
}

/**
 * The text in a bubble that can be written in; who cannot be written to freely has to be called.
 *
 * @param {{ model: Console, conversation: import("../protocol.js").Conversation, id: string, name: string, reachable: boolean,
 *   verdict: Verdict, texts: Texts, set: (verdict: Verdict) => void }} props
 */
export function Preview({ model, conversation, id, name, reachable, verdict, texts, set }) {
  if (!verdict.outcome || verdict.outcome === "answered") return null;
  if (!reachable)
    return html`<p class="small unreachable">${icon("octagon-x")}<span>${t("call_instead")} <span class="num">${readablePhone(conversation.contact.phone ?? "")}</span></span></p>`;
  const { language } = model.me.town;
  const text = words(verdict, texts, language);
  const old = outdated(verdict);
  return html`<label class="sr" for=${`text-${id}`}>${t("text_to", { name })}</label>
    <textarea class="preview" id=${`text-${id}`} rows=${Math.max(2, Math.ceil(text.length / 52))} maxlength="4096" dir="auto"
      aria-describedby=${old ? `old-${id}` : undefined}
      value=${text} onInput=${(/** @type {any} */ event) => set(written(verdict, event.target.value, language))}></textarea>
    ${old && html`<p class="small unreachable" id=${`old-${id}`} role="status">${icon("triangle-alert")}<span>${t("text_outdated")}</span></p>`}`;
}

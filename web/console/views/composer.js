/** Where an answer or an internal note is written; after the service window, why it cannot be. */
import { h, html, icon } from "../../shared/html.js";
import { useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { SHORTCUTS, sends } from "../keys.js";
import { windowState } from "./window_tag.js";

/** WhatsApp's limit for one text, and from where on the counter shows. */
export const LONGEST = 4096;
const COUNT_FROM = 0.8 * LONGEST;

/**
 * @typedef {import("../console.js").Console} Console
 * @param {{ model: Console, settings: import("../settings.js").Settings,
 *   conversation: import("../protocol.js").Conversation, name: string }} props
 */
export function Composer({ model, settings, conversation, name }) {
  const mode = model.mode.value;
  const closed = mode === "reply" && windowState(conversation, model.minute.value) === "closed";
  const { text, setText, field } = useText(model, conversation.id, mode);
  const length = [...text].length;
  const send = () => {
    field.current?.focus();
    if (length > LONGEST || !text.trim()) return;
    model.send(text);
    setText("");
  };
  const label = t(mode === "note" ? "note_about" : "reply_to", { name });
  return html`<form class=${`composer ${mode}`} id="pane-composer" tabindex="-1" aria-label=${label} onSubmit=${(/** @type {Event} */ event) => submit(event, send)}>
    ${modes(model)}
    ${closed ? h(Closed, { model, id: conversation.id }) : writing({ model, settings, mode, label, text, setText, field, length, send })}
  </form>`;
}

/** @param {Event} event @param {() => void} send */
function submit(event, send) {
  event.preventDefault();
  send();
}

/** The begun text of this conversation and mode, kept with each key.
 * @param {Console} model @param {string} conversation @param {import("../unsent.js").Mode} mode */
function useText(model, conversation, mode) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [text, setText] = useState(() => model.unsent.text(conversation, mode));
  const putBack = model.putBack.value;
  useLayoutEffect(() => setText(model.unsent.text(conversation, mode)), [mode, putBack]);
  useLayoutEffect(() => grow(field.current), [text]);
  return { text, setText, field };
}

/** The field grows with its text, up to eight lines (the style sheet's limit). @param {HTMLTextAreaElement | null} field */
function grow(field) {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

/** @param {Console} model */
function modes(model) {
  const mode = model.mode.value;
  return html`<div class="modes" role="group" aria-label=${t("modes")}>
    ${
      model.may("reply") &&
      html`<button type="button" class="btn dense" aria-pressed=${mode === "reply"} aria-keyshortcuts=${SHORTCUTS.reply}
      onClick=${() => model.write("reply")}>${icon("message-circle-reply")}${t("reply")}</button>`
    }
    <button type="button" class="btn dense note" aria-pressed=${mode === "note"} aria-keyshortcuts=${SHORTCUTS.note}
      onClick=${() => model.write("note")}>${icon("lock")}${t("note")}</button></div>`;
}

/** Why no answer can be written; what chooses a template is fetched when it is wanted.
 * @param {{ model: Console, id: string }} props */
function Closed({ model, id }) {
  const [chosen, setChosen] = useState(/** @type {typeof import("./templates.js") | null} */ (null));
  const choose = () => import("./templates.js").then(setChosen, () => {});
  return html`<div class="closed">${icon("octagon-x")}<div><p><strong>${t("window_closed")}</strong> ${t("window_closed_why")}</p>
    ${
      chosen
        ? h(chosen.Templates, { model, id, close: () => setChosen(null) })
        : model.may("template") &&
          html`<button type="button" class="btn" disabled=${!model.online} onClick=${choose}>${t("template_choose")}</button>`
    }</div></div>`;
}

/**
 * @param {{ model: Console, settings: import("../settings.js").Settings, mode: import("../unsent.js").Mode, label: string,
 *   text: string, setText: (text: string) => void, field: any, length: number, send: () => void }} parts
 */
function writing({ model, settings, mode, label, text, setText, field, length, send }) {
  const tooLong = length > LONGEST;
  const typed = (/** @type {any} */ event) => {
    setText(event.target.value);
    model.typed(event.target.value);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (!sends(event, settings.enterSends.value)) return;
    event.preventDefault();
    send();
  };
  const note = mode === "note";
  const enter = settings.enterSends.value;
  const hint = note ? "note_hint" : enter ? "hint_enter" : "hint_ctrl_enter";
  const touch = note ? "note_hint" : enter ? "enter_sends" : "enter_breaks";
  return html`<label class="sr" for="composer">${label}</label>
    <textarea id="composer" ref=${field} rows="2" dir="auto" value=${text} onInput=${typed} onKeyDown=${press}
      aria-describedby="composer-hint composer-count" aria-invalid=${tooLong}></textarea>
    <div class="foot">
      <span class="small muted hint" id="composer-hint">
        ${model.may("reply") ? html`<span class="by-keys">${t(hint)}</span><span class="by-touch">${t(touch)}</span>` : t("notes_only")}</span>
      <span class=${`small num ${tooLong ? "over" : "muted"}`} id="composer-count">${count(length, tooLong)}</span>
      <button class=${`btn primary send ${note ? "note" : ""}`} aria-disabled=${tooLong ? "true" : undefined}>
        ${icon(note ? "lock" : "send")}${t(note ? "save_note" : "send")}</button></div>`;
}

/** @param {number} length @param {boolean} tooLong */
function count(length, tooLong) {
  if (tooLong) return t("too_long", { n: length - LONGEST, limit: LONGEST });
  return length >= COUNT_FROM ? `${length} / ${LONGEST}` : "";
}

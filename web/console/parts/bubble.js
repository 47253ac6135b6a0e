/** One entry of the timeline: a message, a note, or something that is still on its way. */
import { h, html, icon, pure } from "../../shared/html.js";
import { clock, moments } from "../../shared/time.js";
import { useState } from "../../vendor/hooks.js";
import { has, t } from "../i18n.js";
import { Content } from "./content.js";
import { Tick } from "./tick.js";

/**
 * @typedef {import("../../shared/time.js").Place} Place
 * @typedef {import("../store.js").MessageEntry} MessageEntry
 * @typedef {{ retry: (id: string) => void, confirm: (id: string) => void,
 *   zoom: (picture: { url: string, alt: string }) => void }} Deeds
 * @param {{ message: MessageEntry, name: string, quoted: string | null, newest: boolean, place: Place,
 *   maySend: boolean, deeds: Deeds, explained: boolean }} props
 */
function BubbleView({ message, name, quoted, newest, place, maySend, deeds, explained }) {
  const [asked, setAsked] = useState(false);
  return html`<li class=${`msg ${side(message)} ${trouble(message)}`} id=${`entry-${message.id}`}>
    <div>
      ${heading(message, name)}
      ${quoted !== null && html`<p class="quote" dir="auto">${quoted || t("quote_unknown")}</p>`}
      ${h(Content, { message, name, place, zoom: deeds.zoom })}
      ${reactions(message)}
      <p class="meta">
        ${message.late ? late(message, place) : html`<time class="num" datetime=${message.sent_at}>${at(message, place)}</time>`}
        ${message.detail?.versions && html`<span>${t("edited")}</span>`}
        ${message.direction === "outbound" && h(Tick, { message, newest })}
        ${message.decision && !explained && why(message.id, asked, () => setAsked(!asked))}
      </p>
      ${message.status === "failed" && failure(message, maySend, deeds)}
      ${message.status === "unclear" && unclear(message, maySend, deeds)}
    </div>
    ${message.decision && (explained || asked) && html`<p class="decision" id=${`why-${message.id}`}>${message.decision}</p>`}
  </li>`;
}

export const Bubble = pure(BubbleView);

/** What was decided on an ordinary message interests few: it is one press away.
 * @param {string} id @param {boolean} asked @param {() => void} press */
function why(id, asked, press) {
  return html`<button type="button" class="ask" aria-expanded=${asked} aria-controls=${`why-${id}`}
    aria-label=${t("why")} title=${t("why")} onClick=${press}>${icon("circle-help")}</button>`;
}

/** @param {MessageEntry} message */
function side(message) {
  if (message.direction === "inbound") return "in";
  return message.author.kind === "auto" ? "auto" : "out";
}

/** @param {MessageEntry} message */
function trouble(message) {
  return message.status === "failed" ? "fail" : message.status === "unclear" ? "unsure" : "";
}

/** @param {MessageEntry} message @param {string} name */
function heading(message, name) {
  if (message.direction === "inbound") return html`<span class="sr">${t("wrote", { name })}</span>`;
  const by = message.author.kind === "auto" ? t("automatic") : message.author.name;
  return html`<p class="by">${by}</p>`;
}

/** @param {MessageEntry} message @param {Place} place */
function at(message, place) {
  const moment = message.sent_at ?? message.received_at;
  return moment ? clock(moment, place) : "";
}

/** @param {MessageEntry} message @param {Place} place */
function late(message, place) {
  const [sent, received] = moments(message.sent_at ?? 0, message.received_at ?? 0, place);
  return html`<span class="tag warn num">${icon("history")}${t("late", { sent, received })}</span>`;
}

/** @param {MessageEntry} message */
function reactions(message) {
  const given = Array.isArray(message.reactions) ? message.reactions : [];
  const emojis = given.map((one) => (typeof one === "string" ? one : one?.emoji)).filter(Boolean);
  if (!emojis.length) return null;
  return html`<p class="chips"><span class="sr">${t("reactions")} </span>${emojis.map((emoji) => html`<span class="chip">${emoji}</span>`)}</p>`;
}

/** @param {MessageEntry} message @param {boolean} maySend @param {Deeds} deeds */
function failure(message, maySend, deeds) {
  const code = message.error?.code ?? "";
  const closed = String(code) === "131047";
  return html`<p class="failed" title=${code ? t("code", { code }) : undefined}>${icon("circle-alert")}
      <span><strong>${t("not_delivered")}</strong> ${reason(message)}</span></p>
    ${
      maySend &&
      !closed &&
      html`<div class="acts"><button type="button" class="btn dense"
      onClick=${() => deeds.retry(message.id)}>${icon("refresh-cw")}${t("send_again")}</button></div>`
    }`;
}

/** Why Meta did not deliver, in words: our sentence for the code, else the server's, else the bare code.
 * @param {MessageEntry} message */
export function reason(message) {
  const { code, message: words } = message.error ?? { code: "?", message: "" };
  const key = `failure_${code}`;
  return has(key) ? t(key) : words || t("failure_unknown", { code });
}

/** @param {MessageEntry} message @param {boolean} maySend @param {Deeds} deeds */
function unclear(message, maySend, deeds) {
  return html`<p class="failed unsure">${icon("circle-help")}<span>${t("unclear_why")}</span></p>
    ${
      maySend &&
      html`<div class="acts">
      <button type="button" class="btn dense" onClick=${() => deeds.confirm(message.id)}>${icon("check")}${t("was_delivered")}</button>
      <button type="button" class="btn dense" onClick=${() => deeds.retry(message.id)}>${icon("refresh-cw")}${t("send_again")}</button>
    </div>`
    }`;
}

/** @param {{ note: import("../store.js").NoteEntry, place: Place }} props */
function NoteView({ note, place }) {
  return html`<li class="msg note" id=${`entry-${note.id}`}><div>
    <p class="by">${icon("lock")} ${t("note_by", { name: note.author?.name ?? "" })}</p>
    <p class="words" dir="auto">${note.text}</p>
    <p class="meta"><time class="num" datetime=${note.at}>${clock(note.at, place)}</time></p>
  </div></li>`;
}

export const NoteBubble = pure(NoteView);

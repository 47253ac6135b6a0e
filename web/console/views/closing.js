/** The closing ritual: nobody is left without an outcome, and everybody hears which (console.md §6.5). */
import { h, html, icon } from "../../shared/html.js";
import { clock } from "../../shared/time.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { choices, refused, useAsking } from "../parts/asking.js";
import { Dialog } from "../parts/dialog.js";
import { useTexts, withoutTexts } from "../parts/texts.js";
import { Preview, VerdictFields } from "../parts/verdict.js";
import { contactName } from "../protocol.js";
import { complete, item, reachable, UNDECIDED, unaccounted } from "../ritual.js";
import { until } from "./window_tag.js";

/**
 * @typedef {import("../console.js").Console} Console
 * @typedef {import("../protocol.js").Conversation} Conversation
 * @typedef {import("../ritual.js").Verdict} Verdict
 * @param {{ model: Console, close: () => void }} props
 */
export function Closing({ model, close }) {
  const [id] = useState(model.session.value?.id);
  const session = id ? model.state.value.sessions.get(id) : undefined;
  return h(Dialog, {
    label: t("end_ask"),
    className: "closing",
    close,
    children: session ? h(Ways, { model, session, close }) : over(model, close),
  });
}

/** Somebody else was quicker, or the last outcome was given. @param {Console} model @param {() => void} close */
function over(model, close) {
  const cancelled = model.state.value.over?.state === "cancelled";
  return html`<h2>${t(cancelled ? "over_cancelled" : "over_closed")}</h2><div class="choices">
    <button type="button" class="btn" autofocus onClick=${close}>${t("close")}</button></div>`;
}

/** @param {{ model: Console, session: import("../protocol.js").Session, close: () => void }} props */
function Ways({ model, session, close }) {
  const people = unaccounted(model.state.value.conversations.values(), session.id);
  const choice = session.state === "open" && people.length > 0 && model.may("session.close_intake");
  const [now, setNow] = useState(false);
  const way = (/** @type {boolean} */ value, /** @type {string} */ words) =>
    html`<label><input type="radio" name="way" checked=${now === value} onChange=${() => setNow(value)} /> ${words}</label>`;
  return html`<h2>${t("end_ask")}</h2>
    <p>${people.length ? t("lack_answer", { n: people.length }) : t("all_settled")}</p>
    ${choice && html`<fieldset class="ways"><legend class="sr">${t("end_ask")}</legend>${way(false, t("way_answer"))}${way(true, t("way_settle"))}</fieldset>`}
    ${choice && !now ? h(NoMore, { model, close }) : h(Settle, { model, session: session.id, people, close })}`;
}

/** @param {{ model: Console, close: () => void }} props */
function NoMore({ model, close }) {
  const { busy, refusal, ask } = useAsking(model);
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    ask(() => model.hour.ask("close_intake"), close);
  };
  return html`<form onSubmit=${submit}>${refused(model, refusal)}
    ${choices({ close, label: t("no_more_questions"), disabled: busy, safe: true })}</form>`;
}

/** The same list as the main thing to do, once the time is up. @param {{ model: Console }} props */
export function Settling({ model }) {
  const session = model.session.value;
  if (!session) return null;
  const people = unaccounted(model.state.value.conversations.values(), session.id);
  return html`<div class="settling"><h2 id="heading" tabindex="-1">${t("after_hour", { n: people.length })}</h2>
    <p class="muted">${t("after_hour_hint")}</p>
    ${h(Settle, { model, session: session.id, people })}</div>`;
}

/** Everybody who is left, and one button. @param {{ model: Console, session: string, people: Conversation[], close?: () => void }} props */
function Settle({ model, session, people, close }) {
  const { busy, refusal, ask } = useAsking(model);
  const found = useTexts(model, "sessions", session);
  const rows = people.map((one) => judged(model, one));
  const ready = !rows.length || (found.texts && rows.every((row) => complete(row.verdict, row.free)));
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    const items = rows.map((row) => item(row.one.id, row.verdict, row.free));
    ask(() => model.hour.finish(session, items), close ?? (() => {}));
  };
  const faulty = rows.some((row) => row.one.id === refusal?.conversation);
  const disabled = busy || !ready;
  return html`<form onSubmit=${submit}>
    ${rows.length > 0 && (found.texts ? list(model, rows, found.texts, refusal) : withoutTexts(found))}
    ${refused(model, faulty ? null : refusal)}
    ${close ? choices({ close, label: t(rows.length ? "settle" : "end_now"), disabled, safe: true }) : html`<div class="choices"><button class="btn primary" disabled=${disabled}>${t("settle")}</button></div>`}
  </form>`;
}

/** A person with what was chosen for them, and whether they can be written to. @param {Console} model @param {Conversation} one */
function judged(model, one) {
  const verdict = model.hour.verdicts.value[one.id] ?? UNDECIDED;
  return { one, verdict, free: reachable(one, model.minute.value) };
}

/**
 * @param {Console} model @param {ReturnType<typeof judged>[]} rows @param {import("../ritual.js").Texts} texts
 * @param {import("../protocol.js").Refusal | null} refusal
 */
function list(model, rows, texts, refusal) {
  const left = rows.filter((row) => !row.verdict.outcome).map((row) => row.one.id);
  const set = (/** @type {string[]} */ ids) => (/** @type {Verdict} */ verdict) =>
    model.hour.decide(ids, verdict);
  return html`${left.length > 1 && h(Rest, { model, n: left.length, set: set(left) })}
    <ul class="unaccounted">${rows.map(({ one, verdict, free }) =>
      h(Person, {
        key: one.id,
        model,
        conversation: one,
        reachable: free,
        verdict,
        texts,
        refusal: refusal?.conversation === one.id ? refusal : null,
        set: set([one.id]),
      }),
    )}</ul>`;
}

/** One outcome for all who have none yet. @param {{ model: Console, n: number, set: (verdict: Verdict) => void }} props */
function Rest({ model, n, set }) {
  const [verdict, setVerdict] = useState(UNDECIDED);
  return html`<div class="rest">
    ${h(VerdictFields, { model, id: "rest", label: t("for_rest"), verdict, set: setVerdict, quiet: false })}
    <button type="button" class="btn" disabled=${!complete(verdict, true)} onClick=${() => set(verdict)}>${t("take_for_rest", { n })}</button></div>`;
}

/**
 * @param {{ model: Console, conversation: Conversation, reachable: boolean, verdict: Verdict,
 *   texts: import("../ritual.js").Texts, refusal: import("../protocol.js").Refusal | null, set: (verdict: Verdict) => void }} props
 */
function Person({ model, conversation, reachable, verdict, texts, refusal, set }) {
  const { id } = conversation;
  const name = contactName(conversation);
  const place = model.place.value;
  return html`<li><h3 dir="auto">${name}</h3>
    <p class="small muted facts"><span>${t("waits_since")} <span class="num">${clock(conversation.waiting_since ?? "", place)}</span></span>
      ${reachable ? html`<span>${t("free_until", { when: until(conversation, model.minute.value, place) })}</span>` : html`<span class="tag warn">${icon("octagon-x")}${t("only_template")}</span>`}</p>
    ${h(VerdictFields, { model, id, label: t("becomes_of", { name }), verdict, set })}
    ${h(Preview, { model, conversation, id, name, reachable, verdict, texts, set })}
    ${refusal && refused(model, refusal)}</li>`;
}

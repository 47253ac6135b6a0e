/** A reply or note that is still on its way: shown at once, with what is known about it and what can be done. */
import { html, icon } from "../../shared/html.js";
import { clock } from "../../shared/time.js";
import { t } from "../i18n.js";

/** "Wird gesendet" is shown only when it takes longer than this, in milliseconds. */
const PATIENCE = 2_000;

/**
 * @typedef {import("../outbox.js").Item} Item
 * @param {{ item: Item, now: number, model: import("../console.js").Console }} props
 */
export function Pending({ item, now, model }) {
  const note = item.name === "note";
  return html`<li class=${`msg ${note ? "note" : "out"} pending ${item.state === "refused" ? "fail" : ""}`}><div>
    <p class="by">${note ? html`${icon("lock")} ${t("note_by", { name: model.me.agent.name })}` : model.me.agent.name}</p>
    <p class="words" dir="auto">${item.data.text}</p>
    <p class="meta"><span class="num">${clock(item.at, model.place.value)}</span>${standing(item, now)}</p>
    ${item.state === "refused" && refused(item, model)}
    ${item.state === "unconfirmed" && acts(item, model, t("send_again"))}
    ${item.state === "ask" && acts(item, model, t("send_still"))}
  </div></li>`;
}

/** @param {Item} item @param {number} now */
function standing(item, now) {
  if (item.state === "waiting")
    return html`<span class="tick">${icon("wifi-off")}<span>${t("waits_for_connection")}</span></span>`;
  if (item.state === "unconfirmed")
    return html`<span class="tick unsure">${icon("circle-help")}<span>${t("not_confirmed")}</span></span>`;
  if (item.state === "ask")
    return html`<span class="tick unsure">${icon("circle-help")}<span>${t("still_send")}</span></span>`;
  if (item.state === "sent" && now - item.at > PATIENCE)
    return html`<span class="tick">${icon("clock")}<span>${t("status_sending")}</span></span>`;
  return item.state === "sent"
    ? html`<span class="tick">${icon("clock")}<span class="sr">${t("status_sending")}</span></span>`
    : null;
}

/** @param {Item} item @param {import("../console.js").Console} model @param {string} again */
function acts(item, model, again) {
  return html`<div class="acts">
    <button type="button" class="btn dense" onClick=${() => model.live.outbox.again(item.id)}>${icon("refresh-cw")}${again}</button>
    ${takeBack(item, model)}
  </div>`;
}

/** @param {Item} item @param {import("../console.js").Console} model */
function refused(item, model) {
  const refusal = item.error ?? { code: "unknown", message: "" };
  const anyway =
    refusal.code === "stale" ? t("send_anyway") : refusal.code === "claimed" ? t("take_over_and_send") : null;
  return html`<p class="failed">${icon("circle-alert")}<span><strong>${t("not_sent")}</strong> ${why(refusal, model)}</span></p>
    ${refusal.missed?.map(
      (
        message,
      ) => html`<blockquote class="missed"><p class="by">${message.author.name} · ${clock(message.sent_at ?? "", model.place.value)}</p>
      <p class="words" dir="auto">${message.text}</p></blockquote>`,
    )}
    <div class="acts">
      ${anyway && html`<button type="button" class="btn dense" onClick=${() => model.sendAnyway(item.id, refusal)}>${icon("send")}${anyway}</button>`}
      ${PASSING.has(refusal.code) && html`<button type="button" class="btn dense" onClick=${() => model.live.outbox.again(item.id)}>${icon("refresh-cw")}${t("send_again")}</button>`}
      ${takeBack(item, model)}
    </div>`;
}

/** Refusals after which the same command may simply be sent again. */
const PASSING = new Set(["too_many", "not_stored", "hello_first"]);

/** @param {import("../protocol.js").Refusal} refusal @param {import("../console.js").Console} model */
function why(refusal, model) {
  if (refusal.code === "stale") return t("refused_stale");
  if (refusal.code !== "claimed") return model.words(refusal);
  return refusal.assignee
    ? t("refused_claimed_by", { name: model.agentName(refusal.assignee) })
    : t("refused_claimed");
}

/** @param {Item} item @param {import("../console.js").Console} model */
function takeBack(item, model) {
  return html`<button type="button" class="btn dense" onClick=${() => model.takeBack(item.id)}>${icon("pencil")}${t("take_back")}</button>`;
}

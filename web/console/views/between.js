/** Between two sessions: what became of the last one, when the next one is, and the way to open one now. */
import { html, icon } from "../../shared/html.js";
import { day, hours, longDay } from "../../shared/time.js";
import { t } from "../i18n.js";
import { tally } from "../outcomes.js";

/**
 * @typedef {import("../console.js").Console} Console
 * @param {{ model: Console, show: (what: any) => void, heading?: string }} props heading: its id, where the focus may go
 */
export function Between({ model, show, heading }) {
  return html`<div class="empty">${icon("clock")}${last(model, heading)}${next(model)}
    ${
      model.may("session.open_now") &&
      html`<button type="button" class="btn primary" disabled=${!model.online}
      title=${model.online ? undefined : t("not_offline")} onClick=${() => show({ kind: "open_now" })}>${icon("message-circle")}${t("open_now")}</button>`
    }
    ${model.may("planning") && html`<p><a href=${`/console/termine?lang=${model.language.value}`}>${t("plan_dates")}</a></p>`}
    <p class="small">${t("no_session_hint")}</p>
  </div>`;
}

/** What is over, and how many had which outcome. @param {Console} model @param {string} [heading] */
function last(model, heading) {
  const { over, conversations } = model.state.value;
  const found = tally(conversations.values(), over?.state === "closed" ? over.id : null);
  return html`<h2 id=${heading} tabindex="-1">${t(over ? (over.state === "closed" ? "over_closed" : "over_cancelled") : "no_session")}</h2>
    ${over?.state === "cancelled" && cancelled(over, model)}
    ${
      found.length > 0 &&
      html`<ul class="tally" aria-label=${t("became")}>${found.map(({ outcome, n }) => html`<li><strong class="num">${n}</strong> ${t(`outcome_${outcome}`)}</li>`)}</ul>`
    }`;
}

/** @param {import("../protocol.js").Session} over @param {Console} model */
function cancelled(over, model) {
  const place = model.place.value;
  const when = `${day(over.opens, place)}, ${hours(over.opens, over.closes, place)}`;
  return html`<p>${over.reason ? t("cancelled_why", { when, why: over.reason }) : when}</p>`;
}

/** @param {Console} model */
function next(model) {
  const session = model.nextSession.value;
  if (!session) return html`<p>${t("no_date")}</p>`;
  const place = model.place.value;
  const when = `${longDay(session.opens, place)}, ${hours(session.opens, session.closes, place)}`;
  return html`<p>${t("next_session", { when })}${session.number && html` <span class="small">(${t("number", { n: session.number })})</span>`}</p>`;
}

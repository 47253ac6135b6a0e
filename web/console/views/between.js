/** Between two sessions: that none is on, when the next one is, and the way to open one now. */
import { html, icon } from "../../shared/html.js";
import { hours, longDay } from "../../shared/time.js";
import { t } from "../i18n.js";

/** @param {{ model: import("../console.js").Console, show: (what: any) => void }} props */
export function Between({ model, show }) {
  const next = model.nextSession.value;
  const place = model.place.value;
  const when = next && `${longDay(next.opens, place)}, ${hours(next.opens, next.closes, place)}`;
  return html`<div class="empty">${icon("clock")}<h2>${t("no_session")}</h2>
    <p>${when ? t("next_session", { when }) : t("no_date")}</p>
    ${
      model.may("session.open_now") &&
      html`<button type="button" class="btn primary" disabled=${!model.online}
      title=${model.online ? undefined : t("not_offline")} onClick=${() => show({ kind: "open_now" })}>${icon("message-circle")}${t("open_now")}</button>`
    }
    <p class="small">${t("no_session_hint")}</p>
  </div>`;
}

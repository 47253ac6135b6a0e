/** What can be done with the hour now: beside one another where there is room, in one menu where there is not. */
import { h, html, icon } from "../../shared/html.js";
import { clock, millis } from "../../shared/time.js";
import { forecast, suggestsLastQuestions } from "../forecast.js";
import { t } from "../i18n.js";
import { Menu } from "../parts/menu.js";

/** Minutes by which a session is extended with one press, and by which it begins later. */
const EXTENSIONS = [5, 10, 15];
const DELAYS = [5, 10, 15, 20];
/** So long before its start it can be said that a session begins later, in milliseconds. */
const SOON = 3_600_000;

/**
 * @typedef {import("../console.js").Console} Console
 * @typedef {import("../protocol.js").Session} Session
 * @typedef {import("../parts/menu.js").Choice & { tone?: string, short?: string,
 *   last?: boolean }} Deed short: what the button says; last: what ends the hour, behind what makes it longer
 * @typedef {(what: any) => void} Show
 */

/** @param {{ model: Console, show: Show }} props */
export function Deeds({ model, show }) {
  const main = mainDeeds(model, show);
  const longer = extensions(model);
  const changes = changesOf(model, show);
  const all = [...main, ...apart(longer), ...apart(changes)];
  return html`<div class="deeds wide">${main.filter((one) => !one.last).map(deedButton)}
      ${
        longer.length > 0 &&
        html`<div class="extend" role="group" aria-label=${t("extend")}>${longer.map(deedButton)}</div>`
      }${main.filter((one) => one.last).map(deedButton)}
      ${changes.length > 0 && h(Menu, { label: html`${t("change")}${icon("chevron-down")}`, choices: changes })}</div>
    <div class="deeds only-narrow">${
      all.length > 0 &&
      h(Menu, {
        label: html`${t("control")}${icon("chevron-down")}`,
        className: all.some((one) => one.tone === "brand") ? "brand" : "",
        choices: all,
      })
    }</div>`;
}

/** @param {Deed[]} deeds */
function apart(deeds) {
  return deeds.map((one, place) => ({ ...one, apart: one.apart || place === 0 }));
}

/** @param {Deed} deed */
function deedButton({ label, short, icon: name, run, disabled, why, tone }) {
  return html`<button type="button" class=${`btn ${tone ?? ""}`} onClick=${run} disabled=${disabled}
    aria-label=${short && label} title=${disabled ? why : undefined}>${!short && name && icon(name)}${short ?? label}</button>`;
}

/** Disabled without a connection, with the reason. @param {Console} model @param {Deed} deed @returns {Deed} */
function connected(model, deed) {
  return model.online ? deed : { ...deed, disabled: true, why: t("not_offline") };
}

/** The two or three things that make sense in this state. @param {Console} model @param {Show} show @returns {Deed[]} */
function mainDeeds(model, show) {
  const session = model.session.value;
  const deeds = session ? running(model, session, show) : openNow(model, show);
  return deeds.map((deed) => connected(model, deed));
}

/** @param {Console} model @param {Session} session @param {Show} show @returns {Deed[]} */
function running(model, session, show) {
  const { hour } = model;
  const end = { label: t("end"), icon: "octagon-x", run: () => show({ kind: "closing" }), last: true };
  const mayEnd = model.may("session.close") ? [end] : [];
  switch (session.state) {
    case "lobby":
      if (!model.may("session.open_now")) return [];
      return [
        { label: t("begin_now"), icon: "message-circle", tone: "primary", run: () => hour.begin(session) },
      ];
    case "open":
      return [...(model.may("session.close_intake") ? [lastQuestions(model, session)] : []), ...mayEnd];
    case "intake_closed":
      if (!model.may("session.open_intake")) return mayEnd;
      return [{ label: t("reopen"), icon: "history", run: () => hour.steer("open_intake") }, ...mayEnd];
    default:
      return mayEnd;
  }
}

/** Proposed where the time will not be enough; a person decides (AC-62). @param {Console} model @param {Session} session @returns {Deed} */
function lastQuestions(model, session) {
  const now = model.minute.value;
  const proposed = suggestsLastQuestions(session, now);
  const found = forecast(session, now);
  return {
    label: t(proposed ? "last_questions_ask" : "last_questions"),
    icon: "hourglass",
    tone: proposed ? "brand" : "",
    why: found ? reach(found, model) : undefined,
    run: () => model.hour.steer("close_intake"),
  };
}

/** "reicht etwa bis 15:58" @param {{ until: number, enough: boolean }} found @param {Console} model */
export function reach(found, model) {
  return found.enough ? t("reaches", { at: clock(found.until, model.place.value) }) : t("falls_short");
}

/** @param {Console} model @param {Show} show @returns {Deed[]} */
function openNow(model, show) {
  const shownBelow = !model.counts.value.open && !model.selected.value;
  if (shownBelow || !model.may("session.open_now")) return [];
  return [{ label: t("open_now"), icon: "message-circle", run: () => show({ kind: "open_now" }) }];
}

/** @param {Console} model @returns {Deed[]} */
function extensions(model) {
  const session = model.session.value;
  if (!session || session.state === "lobby" || !model.may("session.extend")) return [];
  return EXTENSIONS.map((minutes) =>
    connected(model, {
      label: t("longer_by", { minutes }),
      short: t("extend_by", { minutes }),
      icon: "clock",
      run: () => model.hour.steer("extend", { minutes }),
    }),
  );
}

/** Late, somebody else, not at all: before it begins. @param {Console} model @param {Show} show @returns {Deed[]} */
function changesOf(model, show) {
  const session = model.hour.current;
  if (!session || !["announced", "lobby"].includes(session.state)) return [];
  const deeds = [...delays(model, session), ...dialogs(model, show)];
  return deeds.map((deed) => connected(model, deed));
}

/** @param {Console} model @param {Session} session @returns {Deed[]} */
function delays(model, session) {
  const soon = millis(session.opens) - model.minute.value < SOON;
  if (!soon || !model.may("session.late")) return [];
  const late = (/** @type {number} */ minutes) => () => model.hour.steer("late", { minutes });
  const told = t("will_hear", { n: session.counts?.waiting ?? 0 });
  const later = DELAYS.map((minutes, place) => ({
    label: t("later_by", { minutes }),
    icon: "history",
    run: late(minutes),
    why: place ? undefined : told,
  }));
  return session.late_until ? [...later, { label: t("on_time"), icon: "check", run: late(0) }] : later;
}

/** @param {Console} model @param {Show} show @returns {Deed[]} */
function dialogs(model, show) {
  const found = [];
  if (model.may("session.deputy"))
    found.push({ label: t("deputy"), icon: "user-check", run: () => show({ kind: "deputy" }), apart: true });
  if (model.may("session.cancel"))
    found.push({ label: t("cancel_hour"), icon: "ban", run: () => show({ kind: "cancel" }) });
  return found;
}

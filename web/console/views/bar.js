/** The header: which session, its state and time left, the connection, who is here, and what can be done now. */
import { h, html, icon } from "../../shared/html.js";
import { clock, countdown, day, hours, millis } from "../../shared/time.js";
import { forecast } from "../forecast.js";
import { t } from "../i18n.js";
import { Avatar } from "../parts/avatar.js";
import { Menu } from "../parts/menu.js";
import { Deeds, reach } from "./deeds.js";

/** @typedef {import("../console.js").Console} Console */

/**
 * @param {{ model: Console, settings: import("../settings.js").Settings, logout: () => void,
 *   show: (what: any) => void }} props
 */
export function Bar({ model, settings, logout, show }) {
  const session = model.session.value;
  return html`<header class="bar" id="pane-bar">
    <div class="title">
      <h1>${session?.title ?? model.me.lines[0]?.title ?? t("console")}</h1>
      <p class="small muted optional">${subtitle(model)}</p>
    </div>
    ${session && h(Clock, { model, session })}
    ${h(ConnectionTag, { model })}
    ${h(People, { model })}
    ${h(Deeds, { model, show })}
    ${h(Menu, { label: icon("menu"), name: t("menu"), className: "icon-only quiet", choices: menu(model, settings, logout, show) })}
  </header>`;
}

/** @param {Console} model */
function subtitle(model) {
  const session = model.session.value ?? model.nextSession.value;
  const place = model.place.value;
  if (!model.live.loaded.value) return t("loading");
  if (!session) return t("no_date");
  const span = hours(session.opens, session.closes, place);
  const when = `${day(session.opens, place)} · ${span}`;
  if (!model.session.value) return t("next_at", { when });
  const called = session.last_called_at;
  return called ? `${span} · ${t("last_called", { at: clock(called, place) })}` : when;
}

/** The state, the time left, and how far it reaches. @param {{ model: Console, session: import("../protocol.js").Session }} props */
function Clock({ model, session }) {
  return html`<div class=${`clock ${model.online ? "" : "stale"}`}>
    <span class=${`tag ${TONES[session.state] ?? ""} optional`}>${icon(STATE_ICONS[session.state] ?? "clock")}${t(`state_${session.state}`)}</span>
    ${h(Left, { model, session })}
    ${h(Reach, { model, session })}
  </div>`;
}

/** @param {{ model: Console, session: import("../protocol.js").Session }} props */
function Left({ model, session }) {
  const lobby = session.state === "lobby";
  if (session.state === "draining")
    return html`<span class="still">${parts("still", waiting(session))}</span>`;
  const until = lobby ? (session.late_until ?? session.opens) : session.closes;
  const left = millis(until) - model.second.value;
  const time = left <= 0 ? clock(until, model.place.value) : countdown(left);
  return html`<span role="timer" aria-live="off">${parts(left <= 0 ? "over" : lobby ? "starts_in" : "left", time)}</span>`;
}

/** A sentence whose number stands out. @param {import("../i18n.js").Key} key @param {string | number} value */
function parts(key, value) {
  const [before, after] = t(key, { n: value, time: "|" }).split("|");
  return html`<span>${before}<strong class="num">${value}</strong>${after}</span>`;
}

/** @param {import("../protocol.js").Session} session */
function waiting(session) {
  return session.counts?.waiting ?? 0;
}

/** How many wait and until when that lasts, each minute anew. @param {{ model: Console, session: import("../protocol.js").Session }} props */
function Reach({ model, session }) {
  if (session.state === "draining")
    return html`<span class="reach optional">${t("over", { time: clock(session.closes, model.place.value) })}</span>`;
  const found = session.state === "lobby" ? null : forecast(session, model.minute.value);
  return html`<span class="reach num optional">${t("open_count", { n: waiting(session) })}
    ${found && html` · <span class=${found.enough ? "" : "short"}>${reach(found, model)}</span>`}</span>`;
}

/** @type {Record<string, string>} */
const TONES = { open: "ok", lobby: "brand", intake_closed: "warn", draining: "warn" };
/** @type {Record<string, string>} */
const STATE_ICONS = {
  open: "message-circle",
  lobby: "users",
  intake_closed: "hourglass",
  draining: "hourglass",
};

/** @param {import("../feed.js").Connection} connection @returns {import("../i18n.js").Key} */
function standing(connection) {
  if (connection === "live") return "connected";
  return connection === "login" || connection === "forbidden" ? "not_connected" : "connecting";
}

/** @param {{ model: Console }} props */
function ConnectionTag({ model }) {
  const live = model.online;
  return html`<p class=${`tag ${live ? "ok" : "warn"} connection optional`}>
    ${icon(live ? "circle-check" : "wifi-off")}<span class=${live ? "wide-word" : ""}>${t(standing(model.connection.value))}</span></p>`;
}

/** @param {{ model: Console }} props */
function People({ model }) {
  const here = model.live.presence.value;
  if (!here.length) return null;
  const names = here.map((agent) => agent.name).join(", ");
  return html`<p class="people optional" title=${names}>
    ${here.slice(0, 4).map((agent) => h(Avatar, { name: agent.name }))}
    ${here.length > 4 && html`<span class="avatar" aria-hidden="true">+${here.length - 4}</span>`}
    <span class="sr">${t("present", { names })}</span></p>`;
}

/**
 * @param {Console} model @param {import("../settings.js").Settings} settings @param {() => void} logout
 * @param {(what: any) => void} show
 */
function menu(model, settings, logout, show) {
  const theme = settings.theme.value;
  const language = settings.language.value;
  /** @param {"auto" | "light" | "dark"} value */
  const look = (value) => ({
    label: t(`theme_${value}`),
    checked: theme === value,
    run: () => settings.setTheme(value),
  });
  return [
    look("auto"),
    look("light"),
    look("dark"),
    {
      label: t("enter_sends"),
      checked: settings.enterSends.value,
      run: () => settings.setEnterSends(true),
      apart: true,
    },
    {
      label: t("enter_breaks"),
      checked: !settings.enterSends.value,
      run: () => settings.setEnterSends(false),
    },
    { label: "Deutsch", checked: language === "de", run: () => settings.setLanguage("de"), apart: true },
    { label: "English", checked: language === "en", run: () => settings.setLanguage("en") },
    ...(model.may("planning") ? [planning(language)] : []),
    { label: t("keyboard"), icon: "keyboard", run: () => show({ kind: "help" }), apart: true },
    { label: t("logout"), icon: "log-out", run: logout },
  ];
}

/** The way to the planning, in the language that was chosen here. @param {string} language */
function planning(language) {
  const run = () => location.assign(`/console/termine?lang=${language}`);
  return { label: t("plan_dates"), icon: "calendar", run, apart: true };
}

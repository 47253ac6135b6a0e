/** The header: which session, its state and time left, the connection, who is here, and what can be done now. */
import { h, html, icon } from "../../shared/html.js";
import { clock, countdown, day, hours, millis } from "../../shared/time.js";
import { t } from "../i18n.js";
import { Avatar } from "../parts/avatar.js";
import { Menu } from "../parts/menu.js";

/** Minutes by which a session can be extended with one press. */
const EXTENSIONS = [5, 10, 15];

/** @typedef {import("../console.js").Console} Console */

/**
 * @param {{ model: Console, settings: import("../settings.js").Settings, logout: () => void,
 *   show: (what: any) => void }} props
 */
export function Bar({ model, settings, logout, show }) {
  const session = model.session.value;
  const deeds = controls(model, show);
  return html`<header class="bar" id="pane-bar">
    <div class="title">
      <h1>${session?.title ?? model.me.lines[0]?.title ?? t("console")}</h1>
      <p class="small muted optional">${subtitle(model)}</p>
    </div>
    ${session && h(Clock, { model, session })}
    ${h(ConnectionTag, { model })}
    ${h(People, { model })}
    <div class="deeds wide">${deeds.map(deedButton)}${extendMenu(model, session)}</div>
    <div class="deeds only-narrow">${narrowMenu(model, deeds)}</div>
    ${h(Menu, { label: icon("menu"), name: t("menu"), className: "icon-only quiet", choices: menu(model, settings, logout, show) })}
  </header>`;
}

/** @param {Console} model */
function subtitle(model) {
  const session = model.session.value ?? model.nextSession.value;
  const place = model.place.value;
  if (!model.live.loaded.value) return t("loading");
  if (!session) return t("no_date");
  const when = `${day(session.opens, place)} · ${hours(session.opens, session.closes, place)}`;
  if (!model.session.value) return t("next_at", { when });
  return `${when} · ${t("open_count", { n: model.counts.value.open })}`;
}

/** @param {{ model: Console, session: import("../protocol.js").Session }} props */
function Clock({ model, session }) {
  const until = session.state === "lobby" ? session.opens : session.closes;
  const left = millis(until) - model.second.value;
  const key = left <= 0 ? "over" : session.state === "lobby" ? "starts_in" : "left";
  const time = left <= 0 ? clock(until, model.place.value) : countdown(left);
  const [before, after] = t(key, { time: "|" }).split("|");
  return html`<div class=${`clock ${model.online ? "" : "stale"}`}>
    <span class=${`tag ${TONES[session.state] ?? ""} optional`}>${icon(STATE_ICONS[session.state] ?? "clock")}${t(`state_${session.state}`)}</span>
    <span role="timer" aria-live="off">${before}<strong class="num">${time}</strong>${after}</span>
  </div>`;
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
 * @typedef {{ label: string, icon: string, run: () => void, disabled: boolean, why: string | undefined }} Deed
 * @param {Console} model @param {(what: any) => void} show @returns {Deed[]}
 */
function controls(model, show) {
  const offline = !model.online;
  const why = offline ? t("not_offline") : undefined;
  const shownBelow = !model.rows.ids.value.length && !model.selected.value;
  if (model.session.value || shownBelow || !model.may("session.open_now")) return [];
  return [
    {
      label: t("open_now"),
      icon: "message-circle",
      run: () => show({ kind: "open_now" }),
      disabled: offline,
      why,
    },
  ];
}

/** @param {Deed} deed */
function deedButton({ label, icon: name, run, disabled, why }) {
  return html`<button type="button" class="btn" onClick=${run} disabled=${disabled} title=${why}>${icon(name)}${label}</button>`;
}

/** @param {Console} model @returns {Deed[]} */
function extensions(model) {
  if (!model.session.value || !model.may("session.extend")) return [];
  const offline = !model.online;
  return EXTENSIONS.map((minutes) => ({
    label: t("extend_by", { minutes }),
    icon: "clock",
    run: () => model.extend(minutes),
    disabled: offline,
    why: offline ? t("not_offline") : undefined,
  }));
}

/** @param {Console} model @param {import("../protocol.js").Session | null} session */
function extendMenu(model, session) {
  const choices = extensions(model);
  if (!session || !choices.length) return null;
  return h(Menu, {
    label: html`${t("extend")}${icon("chevron-down")}`,
    choices,
    disabled: choices[0]?.disabled,
  });
}

/** @param {Console} model @param {Deed[]} deeds */
function narrowMenu(model, deeds) {
  const longer = extensions(model).map((one) => ({ ...one, label: `${t("extend")}: ${one.label}` }));
  const choices = [...deeds, ...longer];
  if (!choices.length) return null;
  return h(Menu, { label: html`${t("control")}${icon("chevron-down")}`, choices });
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

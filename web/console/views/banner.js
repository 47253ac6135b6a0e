/** What everybody must know at once: no connection, logged out, a restart, a new release; and that it is over. */
import { html, icon } from "../../shared/html.js";
import { clock, millis } from "../../shared/time.js";
import { t } from "../i18n.js";

/** A break shorter than this is not worth a banner, in milliseconds. */
export const GRACE = 1_500;

/** @param {{ model: import("../console.js").Console }} props */
export function Banner({ model }) {
  const found = worst(model);
  if (!found) return null;
  return html`<section class=${`banner ${found.tone}`} aria-label=${t("hint")}>${icon(found.icon)}<p>${found.text}</p>
    ${found.link && html`<a class="btn dense" href=${found.link.href}>${found.link.text}</a>`}</section>`;
}

/**
 * @typedef {{ tone: string, icon: string, text: string, link?: { href: string, text: string } }} Told
 * @param {import("../console.js").Console} model @returns {Told | null}
 */
function worst(model) {
  const connection = model.connection.value;
  const since = model.live.lostAt.value;
  if (connection === "login")
    return {
      tone: "danger",
      icon: "log-out",
      text: t("logged_out"),
      link: { href: LOGIN, text: t("login_again") },
    };
  if (connection === "forbidden") return { tone: "danger", icon: "ban", text: t("no_access") };
  if (since !== null && model.second.value - since > GRACE) return lost(model, connection, since);
  if (model.live.caughtUp.value > 0)
    return { tone: "ok", icon: "circle-check", text: t("caught_up", { n: model.live.caughtUp.value }) };
  if (model.live.newVersion.value)
    return {
      tone: "info",
      icon: "refresh-cw",
      text: t("new_version"),
      link: { href: "/console", text: t("reload") },
    };
  return paused(model) ?? notice(model) ?? otherwise(model);
}

const LOGIN = "/login?next=/console";

/** @param {import("../console.js").Console} model @param {string} connection @param {number} since @returns {Told} */
function lost(model, connection, since) {
  const at = clock(since, model.place.value);
  const key = connection === "restarting" ? "restarting_since" : "lost_since";
  return { tone: "warn", icon: "wifi-off", text: t(key, { at }) };
}

/** A line that cannot send (its token was revoked). @param {import("../console.js").Console} model @returns {Told | null} */
function paused(model) {
  for (const line of model.state.value.lines.values()) {
    if (line.paused_at)
      return {
        tone: "danger",
        icon: "triangle-alert",
        text: t("line_paused", { line: line.title ?? line.id, why: line.why ?? "" }),
      };
  }
  return null;
}

/** @param {import("../console.js").Console} model @returns {Told | null} */
function notice(model) {
  const first = model.state.value.notices.find((one) => one.level === "error");
  return first ? { tone: "danger", icon: "triangle-alert", text: first.message } : null;
}

/** The hour begins later, or somebody else holds it. @param {import("../console.js").Console} model @returns {Told | null} */
function otherwise(model) {
  const { late_until: late, deputy } = model.hour.current ?? {};
  const words = [];
  if (late && millis(late) > model.second.value)
    words.push(t("begins_later", { at: clock(late, model.place.value) }));
  if (deputy) words.push(t("deputy_is", { name: deputy }));
  return words.length ? { tone: "info", icon: "info", text: words.join(" ") } : null;
}

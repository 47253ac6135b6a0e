/** Joins the console: reads who is logged in, makes its parts, draws it, and hands it the browser's events. */
import { h, render } from "../shared/html.js";
import { countdown, millis } from "../shared/time.js";
import { effect } from "../vendor/signals.js";
import { Announcer } from "./announce.js";
import * as api from "./api.js";
import { Console } from "./console.js";
import { load, t } from "./i18n.js";
import { action } from "./keys.js";
import { fetchLater } from "./parts/later.js";
import { Settings } from "./settings.js";
import { Unsent } from "./unsent.js";
import { App } from "./views/app.js";
import { Failed } from "./views/failed.js";

const PANES = ["pane-bar", "pane-queue", "pane-log", "pane-composer"];
/** A hidden page gets no frames: there events are applied after this long, in milliseconds. */
const HIDDEN_FRAME = 500;

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const desktop = matchMedia("(pointer: fine)");
const clock = {
  now: () => Date.now(),
  random: Math.random,
  set: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  clear: (/** @type {any} */ timer) => clearTimeout(timer),
};

start().catch(fail);

async function start() {
  const settings = new Settings(localStorage, {
    theme: "auto",
    language: document.documentElement.lang || "de",
    enterSends: desktop.matches,
  });
  await dress(settings);
  const me = await api.get("/api/me");
  const model = new Console({
    me,
    clock,
    unsent: new Unsent(sessionStorage, me.agent.id),
    newId: () => crypto.randomUUID(),
    openSocket: () => /** @type {any} */ (new WebSocket(address("/api/live"))),
    page: { frame, hidden: () => document.hidden, focus },
    announcer: new Announcer({
      clock,
      polite: say("polite"),
      urgent: say("urgent"),
      sum: (n) => sum(model, n),
    }),
  });
  model.language.value = settings.language.value;
  const wanted = addressed();
  draw(model, settings);
  fetchLater();
  listen(model);
  watch(model);
  model.live.feed.start();
  whenLoaded(model, () => open(model, wanted));
}

/** @param {unknown} error */
async function fail(error) {
  if (error instanceof api.ApiError && error.status === 401) return location.assign("/login?next=/console");
  console.error(error);
  await load(document.documentElement.lang);
  render(null, root);
  root.replaceChildren();
  render(
    h(Failed, {
      cause: error instanceof api.ApiError && error.status === 0 ? t("server_unreachable") : String(error),
    }),
    root,
  );
}

/** Look and language as chosen, now and whenever they change. @param {Settings} settings */
async function dress(settings) {
  const wear = async () => {
    const { theme, language } = settings.chosen;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.documentElement.lang = language;
    await load(language);
  };
  let language = settings.chosen.language;
  settings.changed = async (chosen) => {
    await wear();
    if (chosen.language !== language) location.reload();
    language = chosen.language;
  };
  await wear();
}

/** @param {Console} model @param {Settings} settings */
function draw(model, settings) {
  const logout = async () => {
    await api.post("/api/logout", {}).catch(() => null);
    model.live.feed.stop();
    model.unsent.clear();
    location.assign("/login");
  };
  root.replaceChildren();
  render(h(App, { model, settings, logout }), root);
}

/** @param {Console} model */
function listen(model) {
  setInterval(() => model.pass(), 1000);
  addEventListener("online", () => model.live.feed.wake());
  addEventListener("offline", () => model.live.feed.lose());
  addEventListener("pageshow", () => model.live.feed.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    model.live.feed.wake();
    model.pass();
    model.markRead();
  });
  addEventListener("popstate", () => open(model, addressed()));
  addEventListener("keydown", (press) => keyed(model, press));
}

/** @param {Console} model @param {KeyboardEvent} press */
function keyed(model, press) {
  const wanted = action(press);
  if (!wanted || (wanted === "leave" && (press.defaultPrevented || document.querySelector("dialog[open]"))))
    return;
  if (wanted !== "leave") press.preventDefault();
  act(model, wanted);
}

/** @param {Console} model @param {import("./keys.js").Action} wanted */
function act(model, wanted) {
  switch (wanted) {
    case "next":
      return void (model.may("next") && model.next());
    case "reply":
    case "note":
      return model.selected.value ? model.write(wanted) : undefined;
    case "claim":
      return void (model.may("claim") && model.claim());
    case "resolve":
      return void (model.may("resolve") && model.resolve());
    case "previous_row":
      return model.step(-1);
    case "next_row":
      return model.step(1);
    case "next_pane":
      return pane(1);
    case "previous_pane":
      return pane(-1);
    case "leave":
      return focus(model.selected.value ? "row" : "queue");
  }
}

/** @param {1 | -1} step */
function pane(step) {
  const panes = PANES.map((id) => document.getElementById(id)).filter((one) => one?.offsetParent);
  const at = panes.findIndex((one) => one?.contains(document.activeElement));
  const to = panes[(at + step + panes.length) % panes.length];
  const inside = to?.querySelector("textarea, [aria-current], button:not(:disabled)");
  const target = to?.id === "pane-log" ? to : (inside ?? to);
  /** @type {HTMLElement | undefined} */ (target)?.focus();
}

/** Title, address and lost connection follow the state. @param {Console} model */
function watch(model) {
  effect(() => {
    document.title = title(model);
  });
  effect(() => {
    badge(model.unread.value);
  });
  effect(() => {
    const id = model.selected.value;
    const hash = id === null ? "" : `#c-${id}`;
    if (location.hash === hash) return;
    const narrow = matchMedia("(max-width: 48rem)").matches;
    history[narrow && id !== null ? "pushState" : "replaceState"](null, "", hash || location.pathname);
  });
  let said = false;
  effect(() => {
    const lost = model.live.lostAt.value !== null && model.connection.value === "lost";
    if (lost && !said) say("urgent")(t("say_lost"));
    said = lost;
  });
}

/** The tab's icon and the app's badge. @param {number} people */
function badge(people) {
  const icon = document.getElementById("icon");
  const href = new URL(people ? "../icon-unread.svg" : "../icon.svg", import.meta.url).pathname;
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  if ("setAppBadge" in navigator) navigator.setAppBadge(people).catch(() => {});
}

/** @param {Console} model */
function title(model) {
  const session = model.session.value;
  const people = model.unread.value;
  const count = people ? `(${people}) ` : "";
  if (!session) return `${count}${t("console")} – ${model.me.town.name}`;
  const lobby = session.state === "lobby";
  const left = millis(lobby ? session.opens : session.closes) - model.second.value;
  const standing =
    left > 0 ? t(lobby ? "starts_in" : "left", { time: countdown(left) }) : t(`state_${session.state}`);
  return `${count}${t("console")} – ${standing}`;
}

/** @returns {string | null} the conversation that the address names */
function addressed() {
  return location.hash.startsWith("#c-") ? location.hash.slice(3) : null;
}

/** @param {Console} model @param {string | null} id */
function open(model, id) {
  model.open(id && model.state.value.conversations.has(id) ? id : null);
}

/** @param {Console} model @param {() => void} run */
function whenLoaded(model, run) {
  const stop = model.live.loaded.subscribe((loaded) => {
    if (!loaded) return;
    queueMicrotask(() => {
      stop();
      run();
    });
  });
}

/** @param {() => void} run */
function frame(run) {
  if (document.hidden) return void setTimeout(run, HIDDEN_FRAME);
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    run();
  };
  requestAnimationFrame(once);
  setTimeout(once, HIDDEN_FRAME * 2);
}

/** Moves the focus once what is meant has been drawn. @param {string} target */
function focus(target) {
  if (target === "composer-if-desktop" && !desktop.matches) return;
  if (target === "composer") document.getElementById("composer")?.focus();
  const move = () => {
    if (document.querySelector(".later")) return void requestAnimationFrame(move);
    if (target === "if-lost" && document.activeElement !== document.body) return;
    element(target)?.focus({ preventScroll: target.startsWith("row") });
  };
  requestAnimationFrame(() => requestAnimationFrame(move));
}

/** @param {string} target @returns {HTMLElement | null} */
function element(target) {
  const row = document.querySelector(".row[aria-current]");
  if (target === "row") return /** @type {HTMLElement | null} */ (row);
  if (target === "queue") return document.getElementById("pane-queue");
  if (target.startsWith("composer"))
    return document.getElementById("composer") ?? document.getElementById("heading");
  return (
    document.getElementById(target) ??
    document.getElementById("heading") ??
    document.getElementById("pane-queue")
  );
}

/** @param {"polite" | "urgent"} id of a live region @returns {(text: string) => void} */
function say(id) {
  return (text) => {
    const region = document.getElementById(id);
    if (region) region.textContent = text;
  };
}

/** @param {Console} model @param {number} messages */
function sum(model, messages) {
  return t("say_sum", { n: messages, waiting: t("say_waiting", { n: model.counts.value.open }) });
}

/** @param {string} path */
function address(path) {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
}

/** The phone page: asks the simulation twice a second what is new, and writes for the chosen citizen. */

import { byId, initials } from "./dom.js";
import * as messages from "./messages.js";
import * as people from "./people.js";
import { language, t, translate } from "./texts.js";
import * as wire from "./wire.js";

const EVERY = 500;
const EVERY_HIDDEN = 3000;
const CALL_LASTS = 4000;
const TOWN_HALL = {
  latitude: 48.58867,
  longitude: 8.11781,
  name: "Rathaus Kappelrodeck",
  address: "Hauptstraße 65",
};

/** @type {string | null} */
let chosen = new URLSearchParams(location.search).get("person");
/** @type {wire.State | null} */
let current = null;
let version = "";
let calling = false;
/** Does the chat follow its newest message, or has somebody scrolled up to read? */
let following = true;

const list = byId("people", HTMLUListElement);
const log = byId("log", HTMLElement);
const text = byId("text", HTMLTextAreaElement);
const photo = byId("photo", HTMLInputElement);
const more = byId("more", HTMLElement);
const problem = byId("problem", HTMLElement);

translate();
offerOtherLanguage();
listen();
if (chosen) document.body.dataset.view = "chat";
void watch();

async function watch() {
  for (;;) {
    await look();
    await new Promise((done) => setTimeout(done, document.hidden ? EVERY_HIDDEN : EVERY));
  }
}

async function look() {
  try {
    const next = await wire.state(chosen, version);
    if (problem.dataset.why === "away") complain(null);
    if (!next) return;
    version = next.version;
    current = next;
    draw(next);
  } catch {
    complain(t("away"), "away");
  }
}

/** @param {wire.State} state */
function draw(state) {
  const person = state.people.find((one) => one.id === chosen);
  people.show(list, state.people, chosen);
  people.showSettings(person);
  drawTalk(state, person);
  drawAndrang(state.andrang);
}

/** @param {wire.State} state @param {wire.Person | undefined} person */
function drawTalk(state, person) {
  const line = state.numbers[0];
  byId("talk-title", HTMLElement).textContent = line?.name ?? "";
  byId("town-face", HTMLElement).textContent = initials(line?.name ?? "");
  const quiet = person && line ? `+${line.display}` : "";
  byId("presence", HTMLElement).textContent = calling ? t("calling") : state.typing ? t("typing") : quiet;
  const grew = messages.show(byId("messages", HTMLOListElement), person ? state.chat : [], answer);
  if (grew && state.chat.at(-1)?.direction === "in") following = true;
  follow();
  const empty = byId("empty", HTMLElement);
  empty.textContent = person ? t("first") : t("choose");
  empty.hidden = Boolean(person) && state.chat.length > 0;
  for (const control of controls()) control.disabled = !person || person.blocked;
}

function follow() {
  if (following) log.scrollTop = log.scrollHeight;
}

/** @returns {(HTMLButtonElement | HTMLTextAreaElement)[]} */
function controls() {
  return [text, ...document.querySelectorAll("#write button"), byId("call", HTMLButtonElement)].filter(
    (one) => one instanceof HTMLButtonElement || one instanceof HTMLTextAreaElement,
  );
}

/** @param {wire.Andrang} andrang */
function drawAndrang({ running, written, planned }) {
  const bar = byId("andrang-bar", HTMLProgressElement);
  byId("andrang-progress", HTMLElement).hidden = planned === 0;
  bar.max = Math.max(1, planned);
  bar.value = written;
  byId("andrang-count", HTMLElement).textContent = t("written", { written, planned });
  byId("andrang-word", HTMLElement).textContent = t(running ? "stop" : "start");
  byId("andrang-icon", SVGUseElement).setAttribute("href", `/phone/icons.svg#${running ? "square" : "play"}`);
  for (const radio of document.querySelectorAll("[name=tempo]"))
    if (radio instanceof HTMLInputElement) radio.disabled = running;
}

function listen() {
  list.addEventListener("click", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-person]") : null;
    if (row instanceof HTMLElement) choose(row.dataset.person ?? null);
  });
  byId("back", HTMLButtonElement).addEventListener("click", leave);
  byId("write", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });
  text.addEventListener("input", grow);
  log.addEventListener("load", follow, true);
  log.addEventListener("scroll", () => {
    following = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  });
  more.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-send]") : null;
    if (button instanceof HTMLElement) attach(button.dataset.send ?? "");
  });
  photo.addEventListener("change", () => void sendPhoto());
  byId("call", HTMLButtonElement).addEventListener("click", () => void ring());
  byId("andrang", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void toggleAndrang();
  });
  byId("person", HTMLElement).addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !chosen || !box.dataset.change) return;
    void attempt(wire.change(chosen, { [box.dataset.change]: box.checked }));
  });
}

/** @param {string | null} person */
function choose(person) {
  chosen = person;
  remember();
  document.body.dataset.view = "chat";
  text.value = "";
  grow();
  following = true;
  void refresh().then(() => {
    if (matchMedia("(pointer: fine)").matches) text.focus();
  });
}

function leave() {
  const row = list.querySelector("[aria-current]");
  chosen = null;
  remember();
  document.body.dataset.view = "list";
  if (row instanceof HTMLElement) row.focus();
  void refresh();
}

/** Keep the choice in the address, so that a reload shows the same chat. */
function remember() {
  const query = new URLSearchParams(location.search);
  if (chosen) query.set("person", chosen);
  else query.delete("person");
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  offerOtherLanguage();
}

function refresh() {
  version = "";
  return look();
}

async function submit() {
  const body = text.value.trim();
  if (!body || !chosen) return;
  text.value = "";
  grow();
  if (!(await attempt(wire.write(chosen, { type: "text", text: body })))) text.value = body;
  text.focus();
}

/** @param {Record<string, unknown>} wish */
function answer(wish) {
  if (chosen) void attempt(wire.write(chosen, wish));
}

/** @param {string} what */
function attach(what) {
  more.hidePopover();
  text.focus();
  if (what === "pick") photo.click();
  else if (what === "image") answer({ type: "image", caption: t("sampleCaption") });
  else if (what === "location") answer({ type: "location", ...TOWN_HALL });
  else answer({ type: what });
}

async function sendPhoto() {
  const file = photo.files?.[0];
  photo.value = "";
  if (!file || !chosen) return;
  const caption = text.value.trim();
  text.value = "";
  const data = await wire.base64(file);
  await attempt(
    wire.write(chosen, { type: "image", data, mime_type: file.type, ...(caption && { caption }) }),
  );
}

/** Let it ring for a while; nobody picks up. */
async function ring() {
  if (!chosen || calling) return;
  const person = chosen;
  calling = true;
  await refresh();
  try {
    const { id } = await wire.ring(person, { event: "connect" });
    await new Promise((done) => setTimeout(done, CALL_LASTS));
    await wire.ring(person, { event: "terminate", id, status: "FAILED" });
  } catch (error) {
    complain(t("broken", { why: String(error) }));
  }
  calling = false;
  await refresh();
}

async function toggleAndrang() {
  const tempo = new FormData(byId("andrang", HTMLFormElement)).get("tempo") ?? "1";
  await attempt(wire.andrang(current?.andrang.running ? null : Number(tempo)));
}

/** Wait for a call and show what became of it. @param {Promise<unknown>} call @returns {Promise<boolean>} */
async function attempt(call) {
  try {
    await call;
    complain(null);
    await look();
    return true;
  } catch (error) {
    complain(t("broken", { why: error instanceof Error ? error.message : String(error) }));
    return false;
  }
}

/** @param {string | null} words @param {string} [why] */
function complain(words, why = "") {
  problem.hidden = words === null;
  problem.textContent = words ?? "";
  problem.dataset.why = why;
}

/** The field is as high as its text, up to a third of the screen. */
function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function offerOtherLanguage() {
  const other = language === "en" ? "de" : "en";
  const query = new URLSearchParams(location.search);
  query.set("lang", other);
  const link = byId("language", HTMLAnchorElement);
  link.href = `?${query}`;
  link.lang = other;
  link.hreflang = other;
  link.textContent = other === "en" ? "English" : "Deutsch";
}

/** The timeline of the open conversation: stays at the bottom for who is there, and still for who reads further up. */
import { h, html, icon } from "../../shared/html.js";
import { dateKey, day, daysAway } from "../../shared/time.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { has, t } from "../i18n.js";
import { Bubble, NoteBubble } from "../parts/bubble.js";
import { Pending } from "../parts/pending.js";
import { moment } from "../store.js";

/** So near to the end counts as being there, in pixels. */
const NEAR = 48;
/** Room above the first unread message, in pixels. */
const MARGIN = 12;

/**
 * @typedef {import("../console.js").Console} Console
 * @typedef {import("../store.js").Entry} Entry
 * @param {{ model: Console, conversation: import("../protocol.js").Conversation, name: string, show: (what: any) => void }} props
 */
export function Log({ model, conversation, name, show }) {
  const timeline = model.timeline.value;
  const entries = timeline?.entries ?? [];
  const pending = waiting(model, conversation.id, entries);
  const ready = timeline !== null && (timeline.state !== "loading" || entries.length > 0);
  const divider = useDivider(model, entries, ready);
  const { ref, onScroll, fresh, toEnd } = useScroll(entries, pending.length, ready);
  const spoken = useSpoken(ready && timeline?.state !== "loading");
  return html`<div class="logbox"><div class="log" id="pane-log" role="log" aria-label=${t("log_of", { name })} tabindex="0" aria-live=${spoken ? "polite" : "off"}
      aria-busy=${timeline?.state === "loading"} ref=${ref} onScroll=${onScroll}>
    ${older(model, timeline)}
    ${!ready && timeline?.state !== "failed" && skeleton()}
    <ol>${items(model, entries, { name, divider, show })}
      ${pending.length > 0 && h(PendingList, { model, pending })}</ol>
  </div>
  ${fresh > 0 && html`<button type="button" class="btn dense tonew" onClick=${toEnd}>${icon("arrow-down")}${t("to_new", { n: fresh })}</button>`}
  </div>`;
}

/** What is on its way here and not yet among the entries. @param {Console} model @param {string} conversation @param {readonly Entry[]} entries */
function waiting(model, conversation, entries) {
  const here = model.live.pending.value.filter((item) => item.data.conversation === conversation);
  if (!here.length) return here;
  const arrived = new Set(entries.map((entry) => entry.client_id));
  return here.filter((item) => !arrived.has(item.id));
}

/** @param {{ model: Console, pending: import("../outbox.js").Item[] }} props */
function PendingList({ model, pending }) {
  const now = model.second.value;
  return pending.map((item) => h(Pending, { key: item.id, item, now, model }));
}

/** @param {Console} model @param {import("../store.js").Timeline | null} timeline */
function older(model, timeline) {
  const load = () => model.loadOlder();
  if (timeline?.state === "failed")
    return html`<p class="older"><span class="muted">${t("older_failed")}</span> <button type="button" class="btn dense" onClick=${load}>${t("again")}</button></p>`;
  if (!timeline?.more) return null;
  return html`<p class="older"><button type="button" class="btn dense" disabled=${timeline.state === "loading"} onClick=${load}>${icon("history")}${t("older")}</button></p>`;
}

/**
 * @param {Console} model @param {readonly Entry[]} entries
 * @param {{ name: string, divider: { id: string, n: number } | null, show: (what: any) => void }} options
 */
function items(model, entries, { name, divider, show }) {
  const place = model.place.value;
  const newest = entries.findLast((entry) => entry.type === "message" && entry.direction === "outbound")?.id;
  model.deeds ??= makeDeeds(model, show);
  const { deeds } = model;
  const maySend = model.may("retry");
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const held = model.conversation.value?.lane === "held";
  let date = "";
  let told = null;
  const list = [];
  for (const entry of entries) {
    const key = dateKey(moment(entry), place);
    if (key !== date)
      list.push(
        html`<li class="day" key=${`day-${key}`}><span>${dayWords(moment(entry), model)}</span></li>`,
      );
    date = key;
    if (divider?.id === entry.id)
      list.push(html`<li class="divider" key="divider" id="divider">${t("divider", { n: divider.n })}</li>`);
    if (entry.type === "note") list.push(h(NoteBubble, { key: entry.id, note: entry, place }));
    else
      list.push(
        h(Bubble, {
          key: entry.id,
          message: entry,
          name,
          place,
          maySend,
          deeds,
          newest: entry.id === newest,
          quoted: quoted(entry, byId),
          explained: unusual(entry, held) && entry.decision !== told,
        }),
      );
    if (entry.type === "message" && entry.decision) told = entry.decision;
  }
  return list;
}

/** Kinds of messages that people answer: nothing automatic is said about them during the hour. */
const ANSWERED = new Set(
  "text image document location contacts button interactive edit reaction revoke system".split(" "),
);

/** Whether what was decided on a message is worth a line in the open. @param {import("../store.js").MessageEntry} message @param {boolean} held */
function unusual(message, held) {
  return held || message.late || !ANSWERED.has(message.kind);
}

/** @param {Console} model @param {(what: any) => void} show */
function makeDeeds(model, show) {
  return {
    retry: (/** @type {string} */ id) => void model.retry(id),
    confirm: (/** @type {string} */ id) => void model.confirmDelivered(id),
    zoom: (/** @type {{ url: string, alt: string }} */ picture) => show({ kind: "zoom", ...picture }),
  };
}

/** The words of the quoted message; "" when it is not known here. @param {import("../store.js").MessageEntry} message @param {Map<string, Entry>} byId */
function quoted(message, byId) {
  if (!message.reply_to) return null;
  const original = byId.get(message.reply_to);
  if (!original) return "";
  const kind = original.type === "message" ? `kind_${original.kind}` : "note";
  return original.text || (has(kind) ? t(kind) : "");
}

/** @param {number} at @param {Console} model */
function dayWords(at, model) {
  const days = daysAway(at, model.minute.value, model.place.value);
  if (days === 0) return t("today");
  return days === -1 ? t("yesterday") : day(at, model.place.value);
}

/** Where the unread ones begin: fixed when the conversation is opened, gone when it is left or answered.
 * @param {Console} model @param {readonly Entry[]} entries @param {boolean} ready */
function useDivider(model, entries, ready) {
  const found = useRef(/** @type {{ id: string, n: number } | null | undefined} */ (undefined));
  const n = model.unreadAtOpening.value;
  if (ready && entries.length && found.current === undefined) {
    const inbound = entries.filter((entry) => entry.type === "message" && entry.direction === "inbound");
    const first = n > 0 ? inbound.at(-n) : undefined;
    found.current = first ? { id: first.id, n } : null;
  }
  return n > 0 ? (found.current ?? null) : null;
}

/** Silent while a conversation is swapped in, or its whole history would be read out. @param {boolean} ready */
function useSpoken(ready) {
  const [spoken, setSpoken] = useState(false);
  useEffect(() => {
    if (!ready) return setSpoken(false);
    const frame = requestAnimationFrame(() => setSpoken(true));
    return () => cancelAnimationFrame(frame);
  }, [ready]);
  return spoken;
}

/** @param {readonly Entry[]} entries @param {number} pending @param {boolean} ready */
function useScroll(entries, pending, ready) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const was = useRef({ first: "", last: "", pending: 0, height: 0, room: 0, ready: false, atEnd: true });
  const [fresh, setFresh] = useState(0);
  const toEnd = () => {
    if (ref.current) ref.current.scrollTop = ref.current.scrollHeight;
    setFresh(0);
  };
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box || !ready) return;
    const before = was.current;
    const now = { first: entries[0]?.id ?? "", last: entries.at(-1)?.id ?? "", pending };
    if (!before.ready) begin(box);
    else if (before.first !== now.first && before.last === now.last)
      box.scrollTop += box.scrollHeight - before.height;
    else if (before.atEnd || now.pending > before.pending) toEnd();
    else if (before.last !== now.last) setFresh(fresh + since(entries, before.last));
    was.current = {
      ...now,
      ...sizes(box),
      ready: true,
      atEnd: !before.ready ? near(box) : before.atEnd || now.pending > before.pending,
    };
  }, [entries, pending, ready]);
  useEffect(() => stayAtEnd(ref.current, was), []);
  const onScroll = () => {
    if (!ref.current) return;
    scrolled(ref.current, was.current);
    if (was.current.atEnd && fresh) setFresh(0);
  };
  return { ref, onScroll, fresh, toEnd };
}

/** Where reading begins: at the first unread message, else at the end. @param {HTMLElement} box */
function begin(box) {
  if (getComputedStyle(box).overflowY === "visible")
    return box.lastElementChild?.scrollIntoView({ block: "end" });
  const divider = /** @type {HTMLElement | null} */ (box.querySelector("#divider"));
  box.scrollTop = box.scrollHeight;
  if (divider && divider.offsetTop < box.scrollTop) box.scrollTop = divider.offsetTop - MARGIN;
}

/** @param {HTMLElement} box */
function near(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
}

/** @param {HTMLElement} box */
function sizes(box) {
  return { height: box.scrollHeight, room: box.clientHeight };
}

/** Whether the reader is at the end now. An end that went away under them, by a bubble that grew since the scrolling
 * that is told of, is not left: it comes back into view with the next look at the sizes.
 * @param {HTMLElement} box @param {{ height: number, room: number, atEnd: boolean }} was */
function scrolled(box, was) {
  const { height, room } = sizes(box);
  if (near(box) || (height === was.height && room === was.room)) was.atEnd = near(box);
  Object.assign(was, { height, room });
}

/** How many came after the entry. @param {readonly Entry[]} entries @param {string} last */
function since(entries, last) {
  const at = entries.findIndex((entry) => entry.id === last);
  return at < 0 ? 0 : entries.length - 1 - at;
}

/** When the box gets smaller (a banner, a longer answer) or a bubble grows, the end stays in view.
 * @param {HTMLElement | null} box @param {{ current: { height: number, room: number, atEnd: boolean } }} was */
function stayAtEnd(box, was) {
  if (!box) return;
  const observer = new ResizeObserver(() => {
    if (was.current.atEnd) box.scrollTop = box.scrollHeight;
    Object.assign(was.current, sizes(box));
  });
  observer.observe(box);
  if (box.lastElementChild) observer.observe(box.lastElementChild);
  return () => observer.disconnect();
}

function skeleton() {
  return html`<ol class="loading"><li class="sr">${t("loading")}</li>
    ${["in", "in", "out", "in"].map((side) => html`<li class=${`msg ghost ${side}`} aria-hidden="true"><div></div></li>`)}</ol>`;
}

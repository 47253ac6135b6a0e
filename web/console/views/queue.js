/** Who waits: tabs, the next person, and the rows, which stand still while somebody points at them. */
import { h, html, icon } from "../../shared/html.js";
import { clock, day } from "../../shared/time.js";
import { t } from "../i18n.js";
import { SHORTCUTS } from "../keys.js";
import { Row } from "../parts/row.js";
import { assigneeId } from "../protocol.js";
import { inTab, TABS } from "../queue.js";
import { GRACE } from "./banner.js";
import { Between } from "./between.js";
import { Nobody } from "./nobody.js";

/** @typedef {import("../console.js").Console} Console */

/** @param {{ model: Console, show: (what: any) => void }} props */
export function Queue({ model, show }) {
  const offline = !model.online;
  const wanted = model.may("next") && (model.session.value !== null || model.counts.value.open > 0);
  return html`<nav class="queue" id="pane-queue" tabindex="-1" aria-label=${t("queue")}>
    <div class="tabs" role="group" aria-label=${t("show")}>${TABS.map((tab) => h(TabButton, { model, tab }))}</div>
    ${
      wanted &&
      html`<div class="nextperson"><button type="button" class="btn brand" disabled=${offline}
      title=${offline ? t("not_offline") : t("next_hint")} aria-keyshortcuts=${SHORTCUTS.next} onClick=${() => model.next()}>
      ${icon("user-check")}${t("next_person")}<kbd class="optional">${SHORTCUTS.next}</kbd></button></div>`
    }
    ${h(AsOf, { model })}
    ${model.live.loaded.value ? h(Rows, { model, show }) : skeleton()}
    ${h(SortIn, { model })}
  </nav>`;
}

/** @param {{ model: Console, tab: import("../queue.js").Tab }} props */
function TabButton({ model, tab }) {
  const n = model.counts.value[tab];
  if (tab === "follow_up" && !n && model.rows.tab.value !== tab) return null;
  return html`<button type="button" class="btn dense" aria-pressed=${model.rows.tab.value === tab} onClick=${() => model.rows.show(tab)}>
    ${t(`tab_${tab}`)} ${model.live.loaded.value && html`<span class="num">${n}</span>`}</button>`;
}

/** How old the list is, while there is no connection. @param {{ model: Console }} props */
function AsOf({ model }) {
  const since = model.live.lostAt.value;
  if (since === null || model.second.value - since <= GRACE) return null;
  return html`<p class="asof"><span class="tag warn num">${icon("history")}${t("as_of", { at: clock(since, model.place.value) })}</span></p>`;
}

/** @param {{ model: Console, show: (what: any) => void }} props */
function Rows({ model, show }) {
  const ids = model.rows.ids.value;
  const shown = ids.slice(0, model.rows.most.value);
  const more = ids.length - shown.length;
  if (!ids.length) return nobody(model, show);
  return html`<ul class="rows" ...${holding(model)}>
    ${shown.map((id) => h(RowOf, { key: id, id, model }))}
    ${more > 0 && html`<li class="more"><button type="button" class="btn" onClick=${() => model.rows.more()}>${t("more_rows", { n: more })}</button></li>`}
  </ul>`;
}

/** The list stands still while a mouse or the focus is inside. @param {Console} model */
function holding(model) {
  const inside = (/** @type {any} */ event) => event.currentTarget.contains(event.relatedTarget);
  return {
    onPointerEnter: (/** @type {PointerEvent} */ event) =>
      event.pointerType === "mouse" && model.rows.hold(true),
    onPointerLeave: (/** @type {any} */ event) =>
      !event.currentTarget.contains(document.activeElement) && model.rows.hold(false),
    onFocusIn: () => model.rows.hold(true),
    onFocusOut: (/** @type {any} */ event) =>
      !inside(event) && !event.currentTarget.matches(":hover") && model.rows.hold(false),
  };
}

/** @param {{ id: string, model: Console }} props */
function RowOf({ id, model }) {
  const conversation = model.state.value.conversations.get(id);
  if (!conversation) return null;
  const current = model.selected.value === id;
  const me = model.me.agent.id;
  const writing =
    model.live.presence.value.find((one) => one.composing === id && one.id !== me)?.name ?? null;
  return h(Row, {
    conversation,
    current,
    writing,
    unread: current ? 0 : model.unreadOf(conversation),
    minute: model.minute.value,
    gone: !inTab(conversation, model.rows.tab.value, me),
    mine: assigneeId(conversation) === me && model.rows.tab.value !== "mine",
    owed: model.rows.tab.value === "follow_up" ? owed(conversation, model) : null,
    claimedBy: model.claimedByOther(conversation),
    open: (to, by) => model.open(to, by),
  });
}

/** What is owed to somebody: the answer by its date, or whose turn it is. @param {import("../protocol.js").Conversation} conversation @param {Console} model */
function owed({ outcome, outcome_detail: detail }, model) {
  if (outcome !== "promised" || !detail) return outcome && t(`outcome_${outcome}`);
  return t("owed_by", { day: day(`${detail}T12:00Z`, { ...model.place.value, zone: "UTC" }) });
}

/** @param {{ model: Console }} props */
function SortIn({ model }) {
  const n = model.rows.fresh.value;
  if (!n) return null;
  return html`<button type="button" class="btn sortin" onClick=${() => model.rows.sortIn()}>${icon("refresh-cw")}${t("sort_in", { n })}</button>`;
}

/** @param {Console} model @param {(what: any) => void} show */
function nobody(model, show) {
  if (model.rows.tab.value !== "open")
    return html`<div class="empty"><p>${t(`empty_${model.rows.tab.value}`)}</p></div>`;
  return html`<div class="empty wide-pane"><p>${t("nothing_open")}</p></div>
    <div class="phone-pane">${h(model.session.value ? Nobody : Between, { model, show })}</div>`;
}

function skeleton() {
  return html`<div class="rows loading" aria-busy="true"><span class="sr">${t("loading")}</span>
    ${[0, 1, 2, 3, 4, 5].map(() => html`<div class="row ghost" aria-hidden="true"><span class="avatar"></span><span class="who"></span><span class="text"></span></div>`)}
  </div>`;
}

/** One conversation: who it is and what can be done, the timeline and the composer. */
import { h, html, icon } from "../../shared/html.js";
import { t } from "../i18n.js";
import { SHORTCUTS } from "../keys.js";
import { OUTCOMES } from "../outcomes.js";
import { Menu } from "../parts/menu.js";
import { assigneeId, contactName, maskedPhone } from "../protocol.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { WindowTag } from "./window_tag.js";

/**
 * @typedef {import("../console.js").Console} Console
 * @param {{ model: Console, settings: import("../settings.js").Settings, show: (what: any) => void,
 *   conversation: import("../protocol.js").Conversation }} props
 */
export function Conversation({ model, settings, show, conversation }) {
  const name = contactName(conversation);
  return [
    h(Head, { model, conversation, name, show }),
    h(Log, { key: conversation.id, model, conversation, name, show }),
    h(Composer, { key: `composer-${conversation.id}`, model, settings, conversation, name }),
  ];
}

/** @param {{ model: Console, conversation: import("../protocol.js").Conversation, name: string, show: (what: any) => void }} props */
function Head({ model, conversation, name, show }) {
  const phone = maskedPhone(conversation.contact.phone);
  return html`<header>
    <button type="button" class="btn quiet back" onClick=${() => leave(model)}>${icon("chevron-left")}<span class="list">${t("list")}</span></button>
    <h2 id="heading" tabindex="-1" dir="auto">${name}</h2>
    <div class="acts">${deeds(model, conversation, show)}
      <button type="button" class="btn dense quiet icon-only only-narrow" aria-label=${t("details")}
        onClick=${() => show({ kind: "details" })}>${icon("info")}</button></div>
    <p class="facts small muted">
      <span class="num">${icon("smartphone")} ${phone || "WhatsApp"}</span>
      ${h(WindowTag, { model, conversation })}
      ${h(Others, { model, conversation })}
    </p>
  </header>`;
}

/** @param {Console} model */
function leave(model) {
  const id = model.selected.value;
  model.open(null);
  model.page.focus(id ? `row-${id}` : "queue");
}

/** @param {Console} model @param {import("../protocol.js").Conversation} conversation @param {(what: any) => void} show */
function deeds(model, conversation, show) {
  const offline = !model.online;
  const why = offline ? t("not_offline") : undefined;
  const mine = assigneeId(conversation) === model.me.agent.id;
  const [label, run, name] = mine
    ? [t("release"), () => model.release(), "user-minus"]
    : [t("claim"), () => model.claim(), "user-check"];
  return html`
    ${
      model.may("claim") &&
      html`<button type="button" class="btn dense" onClick=${run} disabled=${offline} title=${why ?? label}
      aria-keyshortcuts=${SHORTCUTS.claim}>${icon(/** @type {string} */ (name))}<span class="word">${label}</span></button>`
    }
    ${
      model.may("resolve") &&
      conversation.lane !== "done" &&
      html`<div class="split"><button type="button" class="btn dense" onClick=${() => model.resolve()} disabled=${offline} title=${why ?? t("done")}
      aria-keyshortcuts=${SHORTCUTS.resolve}>${icon("check")}<span class="word">${t("done")}</span></button>
      ${h(Menu, { label: icon("chevron-down"), name: t("done_otherwise"), className: "dense", disabled: offline, choices: outcomes(conversation, show) })}</div>`
    }`;
}

/** What may become of somebody beside an answer. @param {import("../protocol.js").Conversation} conversation @param {(what: any) => void} show */
function outcomes({ id }, show) {
  return OUTCOMES.slice(1).map((outcome) => ({
    label: `${t(`outcome_${outcome}`)} …`,
    icon: OUTCOME_ICONS[outcome],
    run: () => show({ kind: "outcome", id, outcome }),
  }));
}

/** @type {Record<string, string>} */
const OUTCOME_ICONS = { promised: "clock", carried_over: "history", handed_over: "send", declined: "ban" };

/** Who else has this conversation, looks at it, writes in it. @param {{ model: Console, conversation: import("../protocol.js").Conversation }} props */
function Others({ model, conversation }) {
  const others = model.live.presence.value.filter((agent) => agent.id !== model.me.agent.id);
  const writing = others.filter((agent) => agent.composing === conversation.id).map((agent) => agent.name);
  const looking = others.filter((agent) => agent.viewing === conversation.id).map((agent) => agent.name);
  const claimed = model.claimedByOther(conversation);
  if (writing.length)
    return html`<span class="others">${icon("pencil")} ${t("is_writing", { name: writing.join(", ") })}</span>`;
  if (claimed)
    return html`<span class="tag warn others">${icon("user-check")}<span>${t("claimed_by", { name: claimed })}</span></span>`;
  return looking.length
    ? html`<span class="others">${icon("users")} ${t("is_looking", { name: looking.join(", ") })}</span>`
    : null;
}

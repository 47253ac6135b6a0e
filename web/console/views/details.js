/** What is known of the open conversation, and the keys. */
import { html } from "../../shared/html.js";
import { clock } from "../../shared/time.js";
import { t } from "../i18n.js";
import { SHORTCUTS } from "../keys.js";
import { assigneeId, contactName, readablePhone } from "../protocol.js";
import { wait } from "../queue.js";

/** @param {{ model: import("../console.js").Console }} props */
export function Details({ model }) {
  const conversation = model.conversation.value;
  return html`${conversation && matter(model, conversation)}${conversation && person(model, conversation)}${budget(model)}${keys()}`;
}

/** @param {import("../console.js").Console} model @param {import("../protocol.js").Conversation} conversation */
function matter(model, conversation) {
  const waits = wait(conversation, model.minute.value);
  const assignee = assigneeId(conversation);
  return html`<section><h2>${t("matter")}</h2><dl>
    <dt>${t("waits_since")}</dt><dd class="num">${waits ? t("since_minutes", { at: clock(conversation.waiting_since ?? "", model.place.value), n: waits.minutes }) : t("waits_for_nothing")}</dd>
    <dt>${t("state")}</dt><dd>${t(`lane_${conversation.lane}`)}</dd>
    <dt>${t("assignee")}</dt><dd>${assignee ? model.agentName(assignee) : t("nobody")}</dd>
  </dl></section>`;
}

/** @param {import("../console.js").Console} model @param {import("../protocol.js").Conversation} conversation */
function person(model, conversation) {
  const line = model.state.value.lines.get(conversation.line);
  return html`<section><h2>${t("person")}</h2><dl>
    <dt>${t("name")}</dt><dd dir="auto">${contactName(conversation)}</dd>
    ${conversation.contact.phone && html`<dt>${t("phone")}</dt><dd class="num">${readablePhone(conversation.contact.phone)}</dd>`}
    ${line && html`<dt>${t("line")}</dt><dd>${line.title}</dd>`}
  </dl></section>`;
}

/** How many of the month's messages are used, for those who are told. @param {import("../console.js").Console} model */
function budget(model) {
  const held = [...model.state.value.budget.values()];
  if (!held.length) return null;
  const title = (/** @type {string} */ line) => model.state.value.lines.get(line)?.title ?? line;
  return html`<section><h2>${t("budget")}</h2>${held.map(
    ({
      line,
      delivered,
      free,
      forecast,
      stopped,
    }) => html`<p class="small num">${held.length > 1 && `${title(line)}: `}
    ${t("budget_used", { delivered, free, forecast })}${stopped && html` <strong>${t("budget_stopped")}</strong>`}</p>`,
  )}</section>`;
}

/** The four keys that matter most. */
function keys() {
  return html`<section class="keys"><h2>${t("keyboard")}</h2><dl>
    <dt><kbd>${SHORTCUTS.next}</kbd></dt><dd>${t("next_person")}</dd>
    <dt><kbd>${SHORTCUTS.reply}</kbd></dt><dd>${t("key_reply")}</dd>
    <dt><kbd>${SHORTCUTS.note}</kbd></dt><dd>${t("note")}</dd>
    <dt><kbd>${SHORTCUTS.resolve}</kbd></dt><dd>${t("key_resolve")}</dd>
  </dl></section>`;
}

/** In the hour, while nobody waits: that questions come by themselves, and the link by which people write. */
import { html, icon } from "../../shared/html.js";
import { t } from "../i18n.js";
import { readablePhone } from "../protocol.js";

/** @param {{ model: import("../console.js").Console }} props */
export function Nobody({ model }) {
  const { phone } = model.state.value.lines.get(model.session.value?.line ?? "") ?? {};
  const before = model.counts.value.done > 0;
  return html`<div class="empty">${icon("users")}<h2>${t(before ? "nobody_waits" : "nobody_yet")}</h2>
    <p class="small">${t("nobody_hint")}</p>
    ${phone && html`<p class="small">${t("share")} <a class="num" href=${chat(phone)} rel="noreferrer">${readablePhone(phone)}</a></p>`}
  </div>`;
}

/** The chat with a number, as WhatsApp's own links go. @param {string} phone */
function chat(phone) {
  return `https://wa.me/${phone.replace(/\D/g, "")}`;
}

/** What a message holds: words, a picture, or a line that says what came and that it cannot be shown. */
import { h, html, icon } from "../../shared/html.js";
import { clock, length } from "../../shared/time.js";
import { useState } from "../../vendor/hooks.js";
import { mediaUrl } from "../api.js";
import { has, language, t } from "../i18n.js";

/**
 * @typedef {import("../protocol.js").Message} Message
 * @param {{ message: Message, name: string, place: import("../../shared/time.js").Place,
 *   zoom: (picture: { url: string, alt: string }) => void }} props
 */
export function Content({ message, name, place, zoom }) {
  if (message.detail?.withdrawn) return placeholder("ban", t("came_revoke"));
  switch (message.kind) {
    case "text":
    case "button":
    case "interactive":
    case "edit":
    case "template":
      return words(message.text);
    case "image":
      return html`${h(Picture, { message, name, place, zoom })}${words(message.text)}`;
    case "document":
      return html`${documentLine(message)}${words(message.text)}`;
    case "location":
      return locationLine(message);
    case "contacts":
      return placeholder("contact", contactsText(message));
    default:
      return html`${placeholder(ICONS[message.kind] ?? "ban", unsupported(message))}${words(message.text)}`;
  }
}

/** @type {Record<string, string>} */
const ICONS = {
  audio: "mic-off",
  voice: "mic-off",
  video: "video-off",
  call: "phone-missed",
  sticker: "sticker",
  reaction: "smile",
  revoke: "ban",
  system: "info",
};

/** @param {string | null} text */
function words(text) {
  return text ? html`<p class="words" dir="auto">${text}</p>` : null;
}

/** @param {string} name @param {any} text */
function placeholder(name, text) {
  return html`<p class="unsup">${icon(name)}<span dir="auto">${text}</span></p>`;
}

/** @param {Message} message */
function unsupported(message) {
  const key = `came_${message.kind}`;
  const seconds = message.media?.seconds ?? message.detail?.seconds ?? message.detail?.duration;
  const what = has(key)
    ? t(key, { emoji: message.detail?.emoji ?? message.media?.emoji ?? "" })
    : t("came_unknown");
  return typeof seconds === "number" && seconds > 0 ? `${what}, ${length(seconds)}` : what;
}

/** @param {Message} message */
function contactsText(message) {
  const given = message.detail?.contacts ?? message.detail?.names ?? message.media?.names ?? [];
  const names = (Array.isArray(given) ? given : []).map((one) => (typeof one === "string" ? one : one?.name));
  const known = names.filter((name) => typeof name === "string" && name);
  return known.length
    ? t("came_contacts_named", { names: known.join(", ") })
    : message.text || t("came_contacts");
}

/** @param {Message} message */
function locationLine(message) {
  const at = message.detail ?? message.media ?? {};
  const degrees =
    typeof at.latitude === "number" ? `${at.latitude.toFixed(5)}, ${at.longitude.toFixed(5)}` : "";
  const words = message.text || [at.name, at.address].filter(Boolean).join(", ");
  return placeholder(
    "map-pin",
    html`${t("came_location")}${words && html`: <span class="ink">${words}</span>`}${degrees && html` <span class="num small">(${degrees})</span>`}`,
  );
}

/** @param {Message} message */
function documentLine(message) {
  const { id, filename, size, state } = message.media ?? {};
  const name = filename || t("came_document");
  const bytes = typeof size === "number" ? `, ${kilobytes(size)}` : "";
  if (!id || gone(state)) return placeholder("file-text", `${name}${bytes} – ${t("document_refused")}`);
  return placeholder("file-text", html`<a href=${mediaUrl(id)} download>${name}</a>${bytes}`);
}

/** @param {number} size in bytes */
function kilobytes(size) {
  return size < 1_000_000
    ? `${Math.max(1, Math.round(size / 1000))} kB`
    : `${(size / 1_000_000).toLocaleString(language(), { maximumFractionDigits: 1 })} MB`;
}

/** @param {string | undefined} state */
function gone(state) {
  return state === "gone" || state === "failed" || state === "refused" || state === "expired";
}

/** A picture in a box of fixed size, so that nothing jumps.
 * @param {{ message: Message, name: string, place: any, zoom: (picture: { url: string, alt: string }) => void }} props */
function Picture({ message, name, place, zoom }) {
  const [failed, setFailed] = useState(0);
  const [tries, setTries] = useState(0);
  const { id, state } = message.media ?? {};
  if (!id || gone(state)) return box("image-off", t("picture_gone"));
  if (state === "waiting" || state === "fetching") return box("image", t("picture_coming"));
  const again = () => setTries(tries + 1);
  if (failed > tries) return box("image-off", t("picture_unreadable"), again);
  const url = mediaUrl(id);
  const alt = t("picture_alt", { name, at: clock(message.sent_at ?? "", place) });
  return html`<button type="button" class="photo" aria-label=${t("picture_open", { alt })} onClick=${() => zoom({ url, alt })}>
    <img src=${tries ? `${url}?again=${tries}` : url} alt=${alt} width="240" height="160" loading="lazy" decoding="async"
      onError=${() => setFailed(tries + 1)} /></button>`;
}

/** @param {string} name @param {string} text @param {() => void} [again] */
function box(name, text, again) {
  return html`<div class="photo none">${icon(name)}<span>${text}</span>
    ${again && html`<button type="button" class="btn dense" onClick=${again}>${t("again")}</button>`}</div>`;
}

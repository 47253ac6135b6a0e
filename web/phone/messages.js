/** One chat as bubbles. A bubble is made anew only when its message has changed. */

import { icon, make } from "./dom.js";
import { t, time } from "./texts.js";

/**
 * @typedef {import("./wire.js").Message} Message
 * @typedef {(wish: Record<string, unknown>) => void} Answer
 */

const TICKS = /** @type {const} */ ({ sent: "check", delivered: "check-check", read: "check-check" });

/** @type {Map<string, { made: string, node: HTMLLIElement }>} */
const shown = new Map();

/**
 * Show these messages in `list`, the newest last.
 *
 * @param {HTMLOListElement} list
 * @param {Message[]} messages
 * @param {Answer} answer what a tap on a button sends
 */
export function show(list, messages, answer) {
  const visible = messages.filter((message) => message.direction === "in" || arrived(message));
  const known = new Map(messages.map((message) => [message.id, message]));
  const nodes = visible.map((message) => bubbleOf(message, known, answer));
  for (const id of shown.keys()) if (!known.has(id)) shown.delete(id);
  const last = list.lastElementChild;
  for (const [n, node] of nodes.entries())
    if (list.children[n] !== node) list.insertBefore(node, list.children[n] ?? null);
  while (list.children.length > nodes.length) list.lastElementChild?.remove();
  return list.lastElementChild !== last;
}

/** Has this answer reached the telephone? @param {Message} message */
function arrived(message) {
  return message.type !== "reaction" && ["delivered", "read", "played"].includes(message.status);
}

/** @param {Message} message @param {Map<string, Message>} known @param {Answer} answer */
function bubbleOf(message, known, answer) {
  const made = JSON.stringify(message);
  const old = shown.get(message.id);
  if (old?.made === made) return old.node;
  const node = bubble(message, known, answer);
  if (old) old.node.replaceWith(node);
  shown.set(message.id, { made, node });
  return node;
}

/** @param {Message} message @param {Map<string, Message>} known @param {Answer} answer */
function bubble(message, known, answer) {
  const own = message.direction === "in";
  const quoted = message.quotes ? known.get(message.quotes) : undefined;
  const parts = message.type === "interactive" && !own ? interactive(message, answer) : [content(message)];
  if (message.type === "template") parts.push(replies(message, answer));
  return make(
    "li",
    own ? "bubble own" : "bubble theirs",
    make("span", "sr", `${t(own ? "you" : "town")}: `),
    quoted !== undefined && make("p", "quote small", t("answerTo", { text: summary(quoted) })),
    ...parts,
    make("span", "meta small num", time(message.at), own && ticks(message.status)),
    message.reactions.length > 0 && make("span", "reactions", message.reactions.join(" ")),
  );
}

/** @param {string} status */
function ticks(status) {
  const word =
    status === "played" ? "read" : /** @type {"sent" | "delivered" | "read" | "accepted"} */ (status);
  const name = word in TICKS ? TICKS[/** @type {keyof typeof TICKS} */ (word)] : "check";
  return make("span", `ticks ${word}`, icon(name, t(word)));
}

/** @param {Message} message @returns {HTMLElement} */
function content(message) {
  const { type, content } = message;
  const file = content.id ? `/phone/media/${encodeURIComponent(content.id)}` : null;
  if (["image", "sticker"].includes(type) && file)
    return figure(picture(file, content.caption ?? summary(message)), content.caption);
  if (type === "audio" && file) return sound(file, summary(message));
  if (type === "document" && file)
    return figure(link(file, content.filename ?? t("document")), content.caption);
  if (type === "location") return place(content);
  if (type === "call") return make("p", "system", icon("phone-missed"), " ", t("callOut"));
  return make("p", "text", summary(message));
}

/** @param {HTMLElement} thing @param {string | undefined} caption */
function figure(thing, caption) {
  return make("figure", "", thing, Boolean(caption) && make("figcaption", "text", caption ?? ""));
}

/** @param {string} file @param {string} words */
function picture(file, words) {
  const image = make("img");
  image.src = file;
  image.alt = words;
  image.loading = "lazy";
  return image;
}

/** @param {string} file @param {string} words */
function sound(file, words) {
  const audio = make("audio");
  audio.src = file;
  audio.controls = true;
  audio.preload = "none";
  audio.setAttribute("aria-label", words);
  return make("div", "sound", make("span", "small", icon("mic"), " ", words), audio);
}

/** @param {string} file @param {string} words */
function link(file, words) {
  const anchor = make("a", "file", icon("file-text"), make("span", "", words));
  anchor.href = file;
  anchor.download = words;
  return anchor;
}

/** @param {Record<string, any>} content */
function place(content) {
  const where = content.name ?? `${content.latitude}, ${content.longitude}`;
  return make("p", "text", icon("map-pin"), " ", where, content.address ? `, ${content.address}` : "");
}

/** An answer that asks for a tap: its text, then its buttons or its list. @param {Message} message @param {Answer} answer */
function interactive(message, answer) {
  const { header, body, footer, action } = message.content;
  const rows = (action.sections ?? []).flatMap((/** @type {any} */ section) => section.rows ?? []);
  const taps = [
    ...(action.buttons ?? []).map((/** @type {any} */ one) =>
      tap(message, "button_reply", one.reply, answer),
    ),
    ...rows.map((/** @type {any} */ row) => tap(message, "list_reply", row, answer)),
  ];
  return [
    header?.text ? make("p", "heading", header.text) : make("span"),
    make("p", "text", body?.text ?? ""),
    footer?.text ? make("p", "small muted", footer.text) : make("span"),
    make("div", "taps", ...taps),
  ];
}

/**
 * @param {Message} message
 * @param {"button_reply" | "list_reply"} kind
 * @param {{ id: string, title: string, description?: string }} choice
 * @param {Answer} answer
 */
function tap(message, kind, choice, answer) {
  const button = make("button", "", choice.title);
  button.type = "button";
  button.addEventListener("click", () =>
    answer({ type: "interactive", interactive: { type: kind, [kind]: choice }, reply_to: message.id }),
  );
  return button;
}

/** The quick replies of a template. @param {Message} message @param {Answer} answer */
function replies(message, answer) {
  const buttons = (message.content.replies ?? []).map(
    (/** @type {{ text: string, payload: string }} */ reply) => {
      const button = make("button", "", reply.text);
      button.type = "button";
      button.addEventListener("click", () => answer({ type: "button", button: reply, reply_to: message.id }));
      return button;
    },
  );
  return make("div", "taps", ...buttons);
}

/** A message in a few words. @param {Pick<Message, "type" | "content">} message @returns {string} */
export function summary({ type, content }) {
  if (type === "interactive") {
    const reply = content.button_reply ?? content.list_reply;
    return reply?.title ?? content.body?.text ?? "";
  }
  if (type === "reaction") return t("reaction", { emoji: content.emoji ?? "" });
  if (type === "button") return content.text ?? "";
  return content.body ?? content.caption ?? content.text ?? kind(type);
}

/** @param {string} type */
export function kind(type) {
  switch (type) {
    case "image":
    case "audio":
    case "video":
    case "sticker":
    case "document":
    case "location":
    case "contacts":
      return t(type);
    case "call":
      return t("callOut");
    default:
      return t("unsupported");
  }
}

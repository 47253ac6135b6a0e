/** The list of citizens, and what is so about the chosen one. */

import { byId, initials, make } from "./dom.js";
import { kind } from "./messages.js";
import { t, time } from "./texts.js";

/** @typedef {import("./wire.js").Person} Person */

/** When each chat was last looked at, in Unix seconds. @type {Map<string, number>} */
const seen = new Map();
/** @type {Map<string, { made: string, node: HTMLLIElement }>} */
const rows = new Map();

/**
 * @param {HTMLUListElement} list
 * @param {Person[]} people
 * @param {string | null} chosen
 */
export function show(list, people, chosen) {
  const now = people.find((person) => person.id === chosen);
  if (now?.last) seen.set(now.id, now.last.at);
  const nodes = people.map((person) => rowOf(person, person.id === chosen));
  for (const [n, node] of nodes.entries())
    if (list.children[n] !== node) list.insertBefore(node, list.children[n] ?? null);
  while (list.children.length > nodes.length) list.lastElementChild?.remove();
}

/** @param {Person} person @param {boolean} chosen */
function rowOf(person, chosen) {
  const fresh = person.last?.direction === "out" && person.last.at > (seen.get(person.id) ?? 0);
  const made = JSON.stringify([person.name, person.last, chosen, fresh]);
  const old = rows.get(person.id);
  if (old?.made === made) return old.node;
  const node = old?.node ?? make("li");
  const focused = node.contains(document.activeElement);
  node.replaceChildren(row(person, chosen, fresh));
  if (focused) node.querySelector("button")?.focus();
  rows.set(person.id, { made, node });
  return node;
}

/** @param {Person} person @param {boolean} chosen @param {boolean} fresh */
function row(person, chosen, fresh) {
  const { last } = person;
  const button = make(
    "button",
    "row",
    make("span", "face", initials(person.name)),
    make("span", "row-name", person.name),
    last !== null && make("span", "row-time small muted num", time(last.at)),
    make("span", "row-last small muted", last ? last.text || kind(last.type) : identity(person)),
    fresh && make("span", "dot", make("span", "sr", t("fresh"))),
  );
  button.type = "button";
  button.dataset.person = person.id;
  button.firstElementChild?.setAttribute("aria-hidden", "true");
  if (chosen) button.setAttribute("aria-current", "true");
  return button;
}

/** What the town can know of a person. @param {Person} person */
function identity(person) {
  const number = person.phone_visible
    ? `+${person.phone}`.replace(/^\+(49)(1\d\d)(\d+)$/, "+$1 $2 $3")
    : t("hidden");
  return person.username ? `${number} · @${person.username}` : number;
}

/** @param {Person | undefined} person */
export function showSettings(person) {
  byId("person", HTMLElement).hidden = person === undefined;
  if (!person) return;
  byId("person-title", HTMLElement).textContent = person.name;
  byId("identity", HTMLElement).textContent = identity(person);
  for (const box of document.querySelectorAll("[data-change]")) {
    if (!(box instanceof HTMLInputElement)) continue;
    const field = /** @type {"online" | "reads" | "read_receipts" | "phone_visible" | "blocks_business"} */ (
      box.dataset.change
    );
    box.checked = person[field];
  }
}

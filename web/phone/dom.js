/** Small help with elements; text only ever becomes text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * The element with this id.
 *
 * @template {Element} T
 * @param {string} id
 * @param {{ new (): T }} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`#${id} is missing`);
  return found;
}

/**
 * A new element with a class and children; strings become text nodes, false is left out.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} [className]
 * @param {(Node | string | false)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, className = "", ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child !== false)));
  return element;
}

/** @param {string} name of a symbol in icons.svg @param {string} [label] what it says, if no word stands beside it */
export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/phone/icons.svg#${name}`);
  svg.setAttribute("class", "icon");
  svg.append(use);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  return svg;
}

/** @param {string} name */
export function initials(name) {
  const letters = name.match(/\p{L}+/gu) ?? ["?"];
  return letters
    .filter((_, n) => n === 0 || n === letters.length - 1)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}

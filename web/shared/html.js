/** Markup for Preact: host elements with the `html` tag, own components with `h()`, which tsc checks. */
import htm from "../vendor/htm.js";
import { Component, h } from "../vendor/preact.js";

export { Fragment, h, render } from "../vendor/preact.js";

const SPRITE = new URL("../icons.svg", import.meta.url).href;

/** @type {(strings: TemplateStringsArray, ...values: any[]) => any} */
export const html = htm.bind(/** @type {any} */ (h));

/**
 * A component that renders again only when one of its properties is another value (or a signal it read changed).
 *
 * @template P
 * @param {(props: P) => any} view
 * @returns {(props: P & { key?: string | number }) => any}
 */
export function pure(view) {
  class Pure extends Component {
    /** @param {any} next */
    shouldComponentUpdate(next) {
      return differ(/** @type {any} */ (this.props), next);
    }
    render() {
      return h(/** @type {any} */ (view), this.props);
    }
  }
  return /** @type {any} */ (Pure);
}

/**
 * A Lucide icon of the sprite; always beside a word or inside something that has a name.
 *
 * @param {string} name
 */
export function icon(name) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>`;
}

/**
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown>} after
 */
function differ(before, after) {
  for (const name in before) if (!(name in after)) return true;
  for (const name in after) if (!Object.is(before[name], after[name])) return true;
  return false;
}

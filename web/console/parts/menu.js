/**
 * A button that opens a list of actions: arrow keys inside, Escape and a press elsewhere close it, focus goes back.
 *
 * @typedef {{ label: string, icon?: string, run: () => void, disabled?: boolean, why?: string, apart?: boolean,
 *   checked?: boolean }} Choice
 */
import { html, icon } from "../../shared/html.js";
import { useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";

/** @param {{ label: any, name?: string, className?: string, choices: Choice[], disabled?: boolean }} props */
export function Menu({ label, name, className = "", choices, disabled = false }) {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => (open ? whenOpen(root.current, () => setOpen(false)) : undefined), [open]);
  const run = (/** @type {Choice} */ choice) => {
    setOpen(false);
    button(root.current)?.focus();
    choice.run();
  };
  return html`<div class="menu" ref=${root}>
    <button type="button" class=${`btn ${className}`} aria-haspopup="menu" aria-expanded=${open} aria-label=${name}
      disabled=${disabled} onClick=${() => setOpen(!open)}>${label}</button>
    ${
      open &&
      html`<ul role="menu" aria-label=${name} onKeyDown=${(/** @type {KeyboardEvent} */ press) => move(press, root.current)}>
      ${choices.map((choice) => item(choice, () => run(choice)))}
    </ul>`
    }
  </div>`;
}

/** @param {Choice} choice @param {() => void} run */
function item(choice, run) {
  const role = choice.checked === undefined ? "menuitem" : "menuitemradio";
  return html`<li role="none" class=${choice.apart ? "apart" : ""}>
    <button type="button" role=${role} aria-checked=${choice.checked} tabindex="-1" disabled=${choice.disabled}
      onClick=${run}>${choice.checked === false ? html`<span class="icon"></span>` : icon(choice.icon ?? "check")}
      <span>${choice.label}${choice.why && html`<span class="why">${choice.why}</span>`}</span></button>
  </li>`;
}

/** @param {HTMLElement | null} root @param {() => void} close */
function whenOpen(root, close) {
  items(root)[0]?.focus();
  const outside = (/** @type {globalThis.Event} */ event) => {
    if (!root?.contains(/** @type {Node} */ (event.target))) close();
  };
  const onEscape = (/** @type {KeyboardEvent} */ press) => {
    if (press.key !== "Escape") return;
    press.stopPropagation();
    close();
    button(root)?.focus();
  };
  document.addEventListener("pointerdown", outside);
  document.addEventListener("focusin", outside);
  root?.addEventListener("keydown", onEscape);
  return () => {
    document.removeEventListener("pointerdown", outside);
    document.removeEventListener("focusin", outside);
    root?.removeEventListener("keydown", onEscape);
  };
}

/** @param {KeyboardEvent} press @param {HTMLElement | null} root */
function move(press, root) {
  const all = items(root);
  const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const places = /** @type {Record<string, number>} */ ({
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: all.length - 1,
  });
  const to = places[press.key];
  if (to === undefined) return;
  press.preventDefault();
  all[(to + all.length) % all.length]?.focus();
}

/** @param {HTMLElement | null} root @returns {HTMLButtonElement[]} */
function items(root) {
  return [...(root?.querySelectorAll("ul button:not(:disabled)") ?? [])].map(
    (one) => /** @type {any} */ (one),
  );
}

/** @param {HTMLElement | null} root @returns {HTMLButtonElement | null} */
function button(root) {
  return root?.querySelector("button[aria-haspopup]") ?? null;
}

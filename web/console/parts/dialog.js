/** A modal dialog of the browser's own: focus goes in, Escape closes, focus goes back to the opener or what took its place. */
import { html } from "../../shared/html.js";
import { useLayoutEffect, useRef } from "../../vendor/hooks.js";

/** @param {{ label: string, className?: string, close: () => void, children?: any }} props */
export function Dialog({ label, className = "", close, children }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    ref.current?.showModal();
    return () => setTimeout(() => giveBack(opener));
  }, []);
  const onBackdrop = (/** @type {MouseEvent} */ event) => {
    if (event.target === ref.current) close();
  };
  // The browser would give the focus back at once and tell of it later: the next press could open, and then be closed.
  const onCancel = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog ref=${ref} class=${className} aria-label=${label} onCancel=${onCancel} onClose=${close} onClick=${onBackdrop}>
    ${children}
  </dialog>`;
}

/** Once the page behind is drawn: the opener may be gone with what it was for. @param {HTMLElement | null} opener */
function giveBack(opener) {
  if (document.activeElement !== document.body && document.activeElement?.checkVisibility()) return;
  const able = opener?.isConnected && opener.checkVisibility() && !opener.matches(":disabled");
  (able ? opener : (document.getElementById("heading") ?? document.getElementById("pane-queue")))?.focus();
}

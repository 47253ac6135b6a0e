/**
 * The keyboard, all with modifiers (so that speech control and typing never trigger anything). Matched by the key's
 * place, not its letter; Strg+Alt is left alone because AltGr writes with it.
 *
 * @typedef {"next" | "reply" | "note" | "claim" | "resolve" | "previous_row" | "next_row" | "next_pane" |
 *   "previous_pane" | "leave"} Action
 * @typedef {{ code: string, key?: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean,
 *   isComposing?: boolean }} Press
 */

/** @type {Record<string, Action>} */
const WITH_ALT = {
  KeyN: "next",
  KeyR: "reply",
  KeyI: "note",
  KeyU: "claim",
  KeyW: "resolve",
  ArrowUp: "previous_row",
  ArrowDown: "next_row",
};

/** @param {Press} press @returns {Action | null} */
export function action(press) {
  if (press.isComposing || press.ctrlKey || press.metaKey) return null;
  if (press.code === "F6" && !press.altKey) return press.shiftKey ? "previous_pane" : "next_pane";
  if (press.code === "Escape" && !press.altKey && !press.shiftKey) return "leave";
  return press.altKey && !press.shiftKey ? (WITH_ALT[press.code] ?? null) : null;
}

/**
 * Does this press in the answer field send? Strg+Enter (or ⌘) always does, Enter alone only where the agent chose it.
 *
 * @param {Press} press @param {boolean} enterSends
 */
export function sends(press, enterSends) {
  if (press.key !== "Enter" || press.isComposing || press.altKey || press.shiftKey) return false;
  return press.ctrlKey || press.metaKey || enterSends;
}

/** For `aria-keyshortcuts`. @type {Record<"next" | "reply" | "note" | "claim" | "resolve", string>} */
export const SHORTCUTS = { next: "Alt+N", reply: "Alt+R", note: "Alt+I", claim: "Alt+U", resolve: "Alt+W" };

/** Every page of the planning: the look that was chosen in the console, and buttons that copy. */

/** @returns {{ theme?: string }} What the console's settings keep in this browser. */
function chosen() {
  try {
    return JSON.parse(localStorage.getItem("sessionhours.settings") ?? "{}");
  } catch {
    return {};
  }
}

const { theme } = chosen();
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (button instanceof HTMLButtonElement && navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

/**
 * Copies what `data-copy` says, or the text of the element that it names by `#id`, and says that it did.
 *
 * @param {HTMLButtonElement} button
 */
async function copy(button) {
  const { copy: what = "", done = "" } = button.dataset;
  const text = what.startsWith("#") ? document.querySelector(what)?.textContent : what;
  await navigator.clipboard.writeText(text ?? "");
  const words = button.querySelector("[aria-live]");
  if (words) words.textContent = done;
}

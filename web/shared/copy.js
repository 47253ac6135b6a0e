/** Buttons that copy: `data-copy` names the element whose text it is, `data-done` what they say then. */

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (button instanceof HTMLButtonElement && navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const { copy: where = "", done = "" } = button.dataset;
  await navigator.clipboard.writeText(document.querySelector(where)?.textContent ?? "");
  const words = button.querySelector("[aria-live]");
  if (words) words.textContent = done;
}

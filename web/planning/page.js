/** Every page of the planning: the look that was chosen in the console, and buttons that copy. */
import "../shared/copy.js";

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

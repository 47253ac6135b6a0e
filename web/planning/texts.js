/** The editor of the automatic texts: counts, checks placeholders and shows the bubble while somebody types. */

/** Milliseconds without a key before the server is asked for the preview. */
const PAUSE = 250;
const PLACEHOLDER = /\{([^{}\s]{0,40})\}/g;

/** @typedef {{ text: string, at: string, notes: string[], problem: string, values: Record<string, string> }} Preview */

const editor = /** @type {HTMLFormElement} */ (document.getElementById("editor"));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("field-text"));
const known = new Set((editor.dataset.known ?? "").split(" "));
let waiting = 0;
let asked = 0;

/** @param {string} id @param {string} text */
function put(id, text) {
  const place = document.getElementById(id);
  if (place && place.textContent !== text) place.textContent = text;
}

/** What the text names that does not exist; a lone brace counts as one. @param {string} text */
function unknown(text) {
  const names = [...text.matchAll(PLACEHOLDER)].filter(([, name]) => !known.has(name ?? ""));
  const rest = text.replace(PLACEHOLDER, "");
  return [...new Set([...names.map(([whole]) => whole), ...["{", "}"].filter((one) => rest.includes(one))])];
}

function count() {
  const text = field.value.trim();
  const long = [...text].length > Number(editor.dataset.most);
  const words = document.getElementById("count")?.dataset.words ?? "";
  put("count", words.replace("{n}", String([...text].length)));
  document.getElementById("count")?.classList.toggle("over", long);
  return long;
}

function check() {
  const long = count();
  const strange = unknown(field.value);
  put("typing", strange.length ? (editor.dataset.unknown ?? "").replace("{names}", strange.join(", ")) : "");
  field.toggleAttribute("data-wrong", strange.length > 0 || long);
}

async function show() {
  const turn = ++asked;
  const form = new FormData(editor);
  const query = new URLSearchParams({ text: field.value, state: String(form.get("moment")) });
  for (const name of ["line", "key", "at"]) query.set(name, String(form.get(name) ?? ""));
  const address = new URL(editor.dataset.preview ?? "", location.href);
  for (const [name, value] of query) address.searchParams.set(name, value);
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected || turn !== asked) return;
  paint(await answer.json());
}

/** @param {Preview} preview */
function paint({ text, at, notes, problem, values }) {
  put("bubble", text);
  put("at", at);
  for (const [name, value] of Object.entries(values)) put(`place-${name}`, value);
  if (problem) put("typing", problem);
  document
    .getElementById("notes")
    ?.replaceChildren(
      ...notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
    );
}

function soon() {
  check();
  clearTimeout(waiting);
  waiting = setTimeout(() => void show(), PAUSE);
}

editor.addEventListener("input", soon);
editor.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("value") !== "preview") return;
  event.preventDefault();
  void show();
});
document.getElementById("show")?.setAttribute("hidden", "");
count();

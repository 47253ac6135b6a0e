/**
 * The words of the phone page, German first. `{x}` is filled in.
 *
 * @typedef {keyof typeof DE} Key
 */

const DE = {
  title: "Bürgertelefon",
  subtitle: "Nachgestelltes WhatsApp auf diesem Rechner: nichts davon verlässt ihn.",
  skip: "Zum Gespräch",
  people: "Wer schreibt?",
  back: "Zurück zur Auswahl",
  call: "Anrufen",
  calling: "Anruf läuft …",
  log: "Nachrichten",
  more: "Foto, Sprachnachricht und mehr",
  pick: "Foto wählen …",
  sample: "Beispielfoto",
  voice: "Sprachnachricht",
  document: "Dokument",
  location: "Standort",
  text: "Nachricht",
  send: "Senden",
  andrang: "Andrang",
  andrangIs: "60 Bürgerinnen und Bürger schreiben innerhalb von fünf Minuten, von selbst.",
  tempo: "Tempo",
  start: "Starten",
  stop: "Anhalten",
  written: "{written} von {planned} Nachrichten geschrieben",
  online: "Telefon ist an",
  reads: "liest Antworten sofort",
  receipts: "Lesebestätigungen an",
  visible: "Nummer sichtbar",
  blocks: "hat die Gemeinde blockiert",
  hidden: "Nummer verborgen",
  typing: "schreibt …",
  choose: "Wählen Sie links eine Person und schreiben Sie der Gemeinde.",
  first: "Noch nichts geschrieben. Die Gemeinde liest mit, sobald Sie senden.",
  you: "Sie",
  town: "Gemeinde",
  fresh: "neu",
  accepted: "wird gesendet",
  sent: "gesendet",
  delivered: "zugestellt",
  read: "gelesen",
  image: "Foto",
  audio: "Sprachnachricht",
  video: "Video",
  sticker: "Sticker",
  contacts: "Kontakt",
  callOut: "Anruf, nicht angenommen",
  reaction: "Reaktion {emoji}",
  unsupported: "Nachricht, die nicht dargestellt wird",
  answerTo: "Antwort auf: {text}",
  list: "Auswahl öffnen",
  broken: "Das hat nicht geklappt: {why}",
  away: "Die Simulation antwortet nicht. Neuer Versuch …",
  sampleCaption: "So sieht es hier aus",
};

/** @type {Record<Key, string>} */
const EN = {
  title: "The citizens' phone",
  subtitle: "A simulated WhatsApp on this machine: nothing leaves it.",
  skip: "To the conversation",
  people: "Who writes?",
  back: "Back to the list",
  call: "Call",
  calling: "Calling …",
  log: "Messages",
  more: "Photo, voice message and more",
  pick: "Choose a photo …",
  sample: "Sample photo",
  voice: "Voice message",
  document: "Document",
  location: "Location",
  text: "Message",
  send: "Send",
  andrang: "Rush (Andrang)",
  andrangIs: "60 citizens write within five minutes, by themselves.",
  tempo: "Tempo",
  start: "Start",
  stop: "Stop",
  written: "{written} of {planned} messages written",
  online: "phone is switched on",
  reads: "reads answers at once",
  receipts: "read receipts on",
  visible: "number visible",
  blocks: "has blocked the town",
  hidden: "number hidden",
  typing: "typing …",
  choose: "Pick a person and write to the town.",
  first: "Nothing written yet. The town reads along as soon as you send.",
  you: "You",
  town: "Town",
  fresh: "new",
  accepted: "being sent",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  image: "Photo",
  audio: "Voice message",
  video: "Video",
  sticker: "Sticker",
  contacts: "Contact",
  callOut: "Call, not answered",
  reaction: "Reaction {emoji}",
  unsupported: "A message that is not shown",
  answerTo: "Answer to: {text}",
  list: "Open the choices",
  broken: "That did not work: {why}",
  away: "The simulation does not answer. Trying again …",
  sampleCaption: "This is what it looks like here",
};

export const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "de";
const words = language === "en" ? EN : DE;

/** @param {Key} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Put the page's fixed words into its language. */
export function translate() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const node of elements("[data-t]")) node.textContent = t(keyOf(node.dataset.t));
  for (const node of elements("[data-label]")) node.setAttribute("aria-label", t(keyOf(node.dataset.label)));
  for (const node of elements("[data-placeholder]"))
    node.setAttribute("placeholder", t(keyOf(node.dataset.placeholder)));
}

/** @param {string} selector @returns {NodeListOf<HTMLElement>} */
function elements(selector) {
  return document.querySelectorAll(selector);
}

/** @param {string | undefined} key */
function keyOf(key) {
  return /** @type {Key} */ (key);
}

const clock = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "de", {
  hour: "2-digit",
  minute: "2-digit",
});

/** @param {number} seconds Unix time */
export function time(seconds) {
  return clock.format(new Date(seconds * 1000));
}

/** The session falls through: why, and when it is held instead; within a day of its start that needs a second yes. */
import { h, html } from "../../shared/html.js";
import { day, hours } from "../../shared/time.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { choices, refused, useAsking } from "../parts/asking.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";

/** @param {{ model: import("../console.js").Console, close: () => void }} props */
export function CancelHour({ model, close }) {
  const session = model.hour.current;
  const [wish, setWish] = useState({ reason: "", date: "", begin: "", end: "" });
  const { busy, refusal, ask } = useAsking(model);
  const sure = refusal?.code === "confirm";
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    ask(() => model.hour.ask("cancel", asked(wish, sure)), close);
  };
  if (!session) return null;
  const field = (
    /** @type {keyof typeof wish} */ name,
    /** @type {string} */ type,
    /** @type {boolean} */ required,
  ) =>
    h(Field, {
      id: `cancel-${name}`,
      label: t(`cancel_${name}`),
      value: wish[name],
      set: (value) => setWish({ ...wish, [name]: value }),
      type,
      required,
    });
  const place = model.place.value;
  return h(Dialog, {
    label: t("cancel_ask"),
    close,
    children: html`<form onSubmit=${submit}><h2>${t("cancel_ask")}</h2>
    <p>${day(session.opens, place)}, ${hours(session.opens, session.closes, place)}. ${t("will_hear", { n: session.counts?.waiting ?? 0 })}</p>
    ${field("reason", "text", true)}
    <fieldset><legend>${t("cancel_instead")}</legend><div class="three">${field("date", "date", false)}
      ${field("begin", "time", wish.date !== "")}${field("end", "time", wish.date !== "")}</div></fieldset>
    ${refused(model, refusal)}
    ${choices({ close, label: t(sure ? "cancel_anyway" : "cancel_do"), disabled: busy, tone: "danger", safe: true })}</form>`,
  });
}

/** @param {{ reason: string, date: string, begin: string, end: string }} wish @param {boolean} sure */
function asked({ reason, date, begin, end }, sure) {
  return { reason, ...(date && { date, from: begin, to: end }), ...(sure && { confirm: true }) };
}

/** Somebody else answers today: who; whoever waits hears of it. */
import { h, html } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { choices, refused, useAsking } from "../parts/asking.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";

/** @param {{ model: import("../console.js").Console, close: () => void }} props */
export function Deputy({ model, close }) {
  const session = model.hour.current;
  const [name, set] = useState(session?.deputy ?? "");
  const { busy, refusal, ask } = useAsking(model);
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    ask(() => model.hour.ask("deputy", { name }), close);
  };
  return h(Dialog, {
    label: t("deputy"),
    close,
    children: html`<form onSubmit=${submit}><h2>${t("deputy")}</h2>
    <p>${t("will_hear", { n: session?.counts?.waiting ?? 0 })}</p>
    ${h(Field, { id: "deputy", label: t("deputy_name"), value: name, set, required: !session?.deputy, most: 100 })}
    ${refused(model, refusal)}
    ${choices({ close, label: t("tell"), disabled: busy })}</form>`,
  });
}

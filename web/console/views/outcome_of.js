/** Says of one person what becomes of them, where that is not an answer. */
import { h, html } from "../../shared/html.js";
import { dateKey } from "../../shared/time.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { choices, refused, useAsking } from "../parts/asking.js";
import { Dialog } from "../parts/dialog.js";
import { useTexts, withoutTexts } from "../parts/texts.js";
import { Preview, VerdictFields } from "../parts/verdict.js";
import { contactName } from "../protocol.js";
import { anew, chosen, complete, item, reachable } from "../ritual.js";

/**
 * @param {{ model: import("../console.js").Console, id: string, outcome: import("../protocol.js").Outcome,
 *   close: () => void }} props
 */
export function OutcomeOf({ model, id, outcome, close }) {
  const conversation = model.state.value.conversations.get(id);
  const [verdict, set] = useState(chosen(outcome, dateKey(model.minute.value, model.place.value)));
  const [known] = useState(conversation?.outcome ?? null);
  const { busy, refusal, ask } = useAsking(model);
  const found = useTexts(model, "conversations", id);
  if (!conversation) return null;
  const name = contactName(conversation);
  const free = reachable(conversation, model.minute.value);
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    const run = () => model.live.commands.run("resolve", anew(item(id, verdict, free), known));
    ask(run, () => {
      close();
      model.resolved(id);
    });
  };
  const label = t("becomes_of", { name });
  return h(Dialog, {
    label,
    className: "closing",
    close,
    children: html`<form onSubmit=${submit}><h2 dir="auto">${label}</h2>
    ${h(VerdictFields, { model, id, label, verdict, set })}
    ${found.texts ? h(Preview, { model, conversation, id, name, reachable: free, verdict, texts: found.texts, set }) : withoutTexts(found)}
    ${refused(model, refusal)}
    ${choices({ close, label: t("settle"), disabled: busy || !found.texts || !complete(verdict, free) })}</form>`,
  });
}

/** Opens a session now: which line, for how long. */
import { h, html } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { choices, refused, useAsking } from "../parts/asking.js";
import { Dialog } from "../parts/dialog.js";
import { Select } from "../parts/field.js";

const LENGTHS = [30, 45, 60, 90];

/** @param {{ model: import("../console.js").Console, close: () => void }} props */
export function OpenNow({ model, close }) {
  const lines = [...model.state.value.lines.values()];
  const [line, setLine] = useState(lines[0]?.id ?? "");
  const [minutes, setMinutes] = useState(60);
  const { busy, refusal, ask } = useAsking(model);
  const submit = (/** @type {globalThis.Event} */ event) => {
    event.preventDefault();
    ask(() => model.live.commands.run("session.open_now", { line, minutes }), close);
  };
  return h(Dialog, {
    label: t("open_now"),
    close,
    children: html`<form onSubmit=${submit}><h2>${t("open_now")}</h2>
    <p>${t("open_now_hint")}</p>
    ${lines.length > 1 && h(Select, { id: "open-line", label: t("line"), value: line, set: setLine, options: lines.map((one) => [one.id, one.title ?? one.id]) })}
    ${h(Select, { id: "open-minutes", label: t("how_long"), value: minutes, set: (value) => setMinutes(Number(value)), options: LENGTHS.map((n) => [n, t("minutes", { n })]) })}
    ${refused(model, refusal)}
    ${choices({ close, label: t("open_now"), disabled: busy })}</form>`,
  });
}

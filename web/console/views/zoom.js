/** A picture in large: whole at first, then up to five times, by buttons; the box scrolls. */
import { h, html, icon } from "../../shared/html.js";
import { useState } from "../../vendor/hooks.js";
import { t } from "../i18n.js";
import { Dialog } from "../parts/dialog.js";

const LARGEST = 5;

/** @param {{ url: string, alt: string, close: () => void }} props */
export function Zoom({ url, alt, close }) {
  const [times, setTimes] = useState(1);
  const share = `${times * 100}%`;
  return h(Dialog, {
    label: alt,
    className: "zoom",
    close,
    children: html`
    <div class="tools"><p class="small" aria-live="polite">${t("zoomed", { times })}</p>
      <button type="button" class="btn icon-only" aria-label=${t("smaller")} disabled=${times <= 1} onClick=${() => setTimes(times - 1)}>${icon("zoom-out")}</button>
      <button type="button" class="btn icon-only" aria-label=${t("larger")} disabled=${times >= LARGEST} onClick=${() => setTimes(times + 1)}>${icon("zoom-in")}</button>
      <button type="button" class="btn" onClick=${close}>${icon("x")}${t("close")}</button></div>
    <div class="stage" tabindex="0" role="group" aria-label=${alt}><img src=${url} alt=${alt} style=${{ width: share, height: share }} /></div>`,
  });
}

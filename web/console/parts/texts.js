/** The standing texts as they would go now, read again whenever the plan changes. */
import { html } from "../../shared/html.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import * as api from "../api.js";
import { t } from "../i18n.js";

/**
 * @typedef {import("../ritual.js").Texts} Texts
 * @param {import("../console.js").Console} model @param {"sessions" | "conversations"} of @param {string | undefined} id
 * @returns {{ texts: Texts | null, failed: boolean, again: () => void }}
 */
export function useTexts(model, of, id) {
  const [found, setFound] = useState(
    /** @type {{ texts: Texts | null, failed: boolean }} */ ({ texts: null, failed: false }),
  );
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!id) return;
    let left = false;
    api.closing(of, id).then(
      ({ texts }) => left || setFound({ texts, failed: false }),
      () => left || setFound((before) => ({ ...before, failed: true })),
    );
    return () => {
      left = true;
    };
  }, [id, tries, model.online, model.nextSession.value]);
  return { ...found, again: () => setTries(tries + 1) };
}

/** @param {{ failed: boolean, again: () => void }} found */
export function withoutTexts({ failed, again }) {
  if (!failed) return html`<p>${t("loading")}</p>`;
  return html`<p>${t("texts_failed")} <button type="button" class="btn dense" onClick=${again}>${t("again")}</button></p>`;
}

/** Initials in a circle; beside a name, so it says nothing to screen readers. */
import { html } from "../../shared/html.js";
import { initials } from "../protocol.js";

/** @param {{ name: string, title?: string }} props */
export function Avatar({ name, title }) {
  return html`<span class="avatar" aria-hidden="true" title=${title}>${initials(name)}</span>`;
}

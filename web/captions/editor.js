// @ts-check
/** The one field in which a caption is written, in place of the words it changes. */

import { make } from "../shared/element.js";
import { MOST_LETTERS } from "./caption_text.js";

const GROWS = CSS.supports("field-sizing", "content");
const ENDS = ["pointerup", "pointercancel"];
let pressedOn = null;
window.addEventListener("pointerdown", ({ target }) => (pressedOn = target), true);
for (const end of ENDS) window.addEventListener(end, () => (pressedOn = null), true);

export class Editor {
  /** @param {HTMLElement} ground on which a press may still be a click when the field loses the focus */
  constructor(ground) {
    this.field = make("textarea", "likeness-caption-field");
    this.field.maxLength = MOST_LETTERS;
    this.field.spellcheck = false;
    this.ground = ground;
    this.place = null;
    this.field.addEventListener("input", () => this.fit());
    this.field.addEventListener("keydown", (event) => this.pressed(event));
    this.field.addEventListener("blur", () => this.left());
  }

  /** Stands where `place` is until `done` is called with the new text, or with null when it is given up. */
  open(place, label, text, done) {
    this.keep();
    this.place = place;
    this.done = done;
    this.field.value = text;
    this.field.setAttribute("aria-label", label);
    place.hidden = true;
    place.after(this.field);
    this.fit();
    this.field.focus({ preventScroll: true });
    this.field.setSelectionRange(text.length, text.length);
  }

  keep() {
    this.close(this.field.value);
  }

  close(text) {
    if (!this.place) return;
    this.place.hidden = false;
    this.place = null;
    this.field.remove();
    this.done(text);
  }

  /** A press on the panel ends in a click first: what it is on would move when the field goes. */
  left() {
    if (!this.ground.contains(pressedOn)) return this.keep();
    const { place } = this;
    const over = new AbortController();
    const ended = () => {
      over.abort();
      setTimeout(() => this.place === place && document.activeElement !== this.field && this.keep());
    };
    for (const end of ENDS) window.addEventListener(end, ended, { signal: over.signal });
    return undefined;
  }

  /** As high as its text; browsers that do so by themselves do not lose their place in the table for it. */
  fit() {
    if (GROWS) return;
    this.field.style.height = "0";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  /** Keys belong to the field: Ctrl+Enter would queue, and letters act on the table. A caption is one line. */
  pressed(event) {
    if (event.isComposing) return;
    const row = this.field.closest("[role=row]");
    if (event.key === "Enter") {
      event.preventDefault();
      this.keep();
    } else if (event.key === "Escape") this.close(null);
    if (!this.place) row?.focus({ preventScroll: true });
    event.stopPropagation();
  }
}

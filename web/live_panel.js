// @ts-check
/** Pictures while a node draws them, with a line beneath; what came of it, in words, when it is done. */

import { make } from "./element.js";
import { NotePanel } from "./note_panel.js";

export class LivePanel extends NotePanel {
  constructor() {
    super();
    this.element.classList.add("likeness-live");
    this.height = 204;
  }

  /** `picture` is a data URL. */
  show({ text, warning = "", picture = "" }) {
    super.show({ text, warning });
    if (!picture) return;
    const image = make("img");
    image.src = picture;
    image.alt = text;
    this.element.prepend(image);
  }
}

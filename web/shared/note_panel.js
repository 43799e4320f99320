// @ts-check
/** What a node made, in words; for nodes that draw, the pictures as they come. */

import { make } from "./element.js";

export class NotePanel {
  /** @param {string} first what it says before anything has come */
  constructor(first) {
    this.element = document.createElement("div");
    this.element.className = "likeness-note";
    this.element.setAttribute("role", "status");
    this.height = 64;
    this.isFixed = true;
    this.say(first, false);
    this.element.dataset.waits = "true";
  }

  executed(output) {
    const warning = output?.warning?.join?.("\n") ?? "";
    this.show({ text: output?.text?.join?.("") ?? "", warning });
  }

  /** How it stands, when nothing was made. */
  say(words, isFault) {
    this.show(isFault ? { text: "", warning: words } : { text: words });
  }

  /** A warning comes first and in the colour of warnings. */
  show({ text, warning = "" }) {
    const words = warning ? [make("div", "likeness-warning", warning)] : [];
    delete this.element.dataset.waits;
    this.element.replaceChildren(...words, make("div", "", text));
    this.element.title = warning ? `${warning}\n${text}` : text;
  }
}

/** For what is told in a line. */
export class LinePanel extends NotePanel {
  constructor(first) {
    super(first);
    this.element.classList.add("likeness-line");
    this.height = 40;
  }
}

/** For what takes more than a few lines; with `isFixed` a picture below gets the rest of the room. */
export class TallPanel extends NotePanel {
  constructor(first, height, isFixed) {
    super(first);
    this.element.classList.add("likeness-tall");
    this.element.style.minHeight = `${height - 4}px`;
    this.element.style.maxHeight = isFixed ? `${height - 4}px` : "none";
    this.height = height;
    this.isFixed = isFixed;
  }
}

/** Pictures while a node draws them, with a line beneath; what came of it, in words, when it is done. */
export class LivePanel extends NotePanel {
  constructor(first) {
    super(first);
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

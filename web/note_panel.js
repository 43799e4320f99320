// @ts-check
/** What a node made, in words. */

import { make } from "./element.js";

export class NotePanel {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "likeness-note";
    this.element.setAttribute("role", "status");
    this.height = 64;
    this.isFixed = true;
  }

  executed(output) {
    const warning = output?.warning?.join?.("\n") ?? "";
    this.show({ text: output?.text?.join?.("") ?? "", warning });
  }

  /** A warning comes first and in the colour of warnings. */
  show({ text, warning = "" }) {
    const words = warning ? [make("div", "likeness-warning", warning)] : [];
    this.element.replaceChildren(...words, make("div", "", text));
    this.element.title = warning ? `${warning}\n${text}` : text;
  }
}

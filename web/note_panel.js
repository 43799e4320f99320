// @ts-check
/** What a node made, in words. */

export class NotePanel {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "likeness-note";
    this.element.setAttribute("role", "status");
    this.height = 64;
    this.isFixed = true;
  }

  executed(output) {
    this.show({ text: output?.text?.join?.("") ?? "" });
  }

  show({ text }) {
    this.element.textContent = this.element.title = text;
  }
}

// @ts-check
/** One column's picture laid over another's, with a slider between them. */

import { make } from "../shared/element.js";

export class SliderPair {
  /** @param {(view: Record<string, string>) => string} urlOf */
  constructor(urlOf) {
    this.urlOf = urlOf;
    this.isOpen = false;
    this.element = make("div", "likeness-pair-slider");
    this.element.hidden = true;
    this.frame = make("div", "likeness-pair-frame");
    this.left = make("img");
    this.right = make("img");
    this.cut = make("span", "likeness-pair-cut");
    this.frame.append(this.left, this.right, this.cut);
    this.split = make("input");
    Object.assign(this.split, { type: "range", min: "0", max: "100", value: "50" });
    this.split.setAttribute("aria-label", "How much of each");
    this.chosen = { left: select("Left column"), right: select("Right column"), row: select("Prompt") };
    const side = make("div", "likeness-pair-side-choices");
    side.append(...Object.values(this.chosen), this.split);
    this.element.append(this.frame, side);
    for (const input of [...Object.values(this.chosen), this.split]) input.addEventListener("input", () => this.draw());
    this.frame.addEventListener("pointerdown", (event) => this.frame.setPointerCapture(event.pointerId));
    this.frame.addEventListener("pointermove", (event) => event.buttons && this.drag(event));
  }

  /** First the control against what is picked, or else recommended. */
  fill(state, picked) {
    this.state = state;
    const labels = state.columns.map(({ label }) => label);
    const wanted = labels.includes(picked) ? picked : (state.chosen ?? labels.at(-1));
    options(this.chosen.left, labels, Math.max(state.columns.findIndex(({ tone }) => tone === "control"), 0));
    options(this.chosen.right, labels, Math.max(labels.indexOf(wanted), 0));
    options(this.chosen.row, state.rows.map(({ prompt, seed }) => `${prompt} · seed ${seed}`), 0);
    this.draw();
  }

  /** Lays another column over the first. */
  compare(label) {
    const number = this.state?.columns.findIndex((column) => column.label === label) ?? -1;
    if (number < 0) return;
    this.chosen.right.value = String(number);
    this.draw();
  }

  drag(event) {
    const box = this.frame.getBoundingClientRect();
    this.split.value = String((100 * (event.clientX - box.left)) / box.width);
    this.draw();
  }

  draw() {
    const pictures = this.state.rows[Number(this.chosen.row.value)]?.pictures ?? [];
    for (const side of ["left", "right"]) {
      const number = Number(this.chosen[side].value);
      const [column, picture] = [this.state.columns[number], pictures[number]];
      this[side].hidden = !column || !picture;
      if (this[side].hidden) continue;
      const url = this.urlOf(picture.full ?? picture.small);
      if (this[side].src !== new URL(url, document.baseURI).href) this[side].src = url;
      this[side].alt = column.label;
    }
    this.right.style.clipPath = `inset(0 0 0 ${this.split.value}%)`;
    this.cut.style.left = `${this.split.value}%`;
  }
}

function select(words) {
  const made = make("select");
  made.setAttribute("aria-label", words);
  made.title = words;
  return made;
}

function options(element, words, chosen) {
  element.replaceChildren(
    ...words.map((text, number) => {
      const made = make("option", "", text);
      made.value = String(number);
      return made;
    }),
  );
  element.value = String(chosen);
}

// @ts-check
/** Which looks captions say: row by row as the rules have it, left out, or described. */

import { button, make } from "../shared/element.js";

const CHOICES = {
  rules: ["rules", "as the rules say"],
  omit: ["omit", "left out, so that the trigger learns it"],
  describe: ["describe", "said, so that a prompt can change it"],
};

export class Appearance {
  /** @param {any} panel takes the decisions */
  constructor(panel) {
    this.panel = panel;
    this.items = [];
    this.element = make("details", "likeness-appearance");
    this.summary = make("summary");
    this.list = make("div", "likeness-look-list");
    this.element.append(this.summary, this.list);
  }

  fill(looks) {
    this.items = looks.map((look) => this.makeItem(look));
    this.list.replaceChildren(...this.items.map(({ element }) => element));
    this.element.hidden = looks.length === 0;
  }

  makeItem({ row, title, note }) {
    const element = make("div", "likeness-look");
    const choices = make("span", "likeness-look-choices");
    choices.setAttribute("role", "group");
    choices.setAttribute("aria-label", title);
    const buttons = Object.entries(CHOICES).map(([choice, [words, means]]) => {
      const made = button("", words, `${title}: ${means}`, () =>
        this.panel.decide((review) => review.setLook(row, choice, `${title}: ${words}`)),
      );
      made.dataset.choice = choice;
      return made;
    });
    choices.append(...buttons);
    const words = make("span", "likeness-look-note", note);
    words.title = note;
    element.append(make("span", "likeness-look-title", title), choices, words);
    return { row, element, buttons };
  }

  refresh() {
    const { appearance } = this.panel.review;
    for (const { row, buttons } of this.items) {
      const choice = appearance.get(row) ?? "rules";
      for (const made of buttons) made.setAttribute("aria-pressed", String(made.dataset.choice === choice));
    }
    const count = this.items.filter(({ row }) => appearance.has(row)).length;
    const decided = count ? `${count} of ${this.items.length} decided here` : "as the rules say";
    this.summary.textContent = `Looks: ${decided}`;
  }
}

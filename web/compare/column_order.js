// @ts-check
/** In which order columns stand: as compared, or by a measure, the best first and the control before all. */

import { make } from "../shared/element.js";

export class ColumnOrder {
  /** @param {() => void} changed told when the user chose another order */
  constructor(changed) {
    this.measure = "";
    this.element = make("select", "likeness-compare-sort");
    this.element.setAttribute("aria-label", "Sort columns by");
    this.element.addEventListener("change", () => {
      this.measure = this.element.value;
      changed();
    });
  }

  fill(state) {
    this.state = state;
    if (!state.measures.some(({ name }) => name === this.measure)) this.measure = "";
    const options = [["", "Sort: as compared"], ...state.measures.map(({ name, title }) => [name, `Sort: ${title}`])];
    this.element.replaceChildren(
      ...options.map(([value, words]) => {
        const made = make("option", "", words);
        made.value = value;
        return made;
      }),
    );
    this.element.value = this.measure;
  }

  /** Numbers of columns, in order. What was not measured comes last. */
  columns() {
    const numbers = [...this.state.columns.keys()];
    const measure = this.state.measures.find(({ name }) => name === this.measure);
    if (!measure) return numbers;
    const sign = measure.better === "low" ? 1 : -1;
    const rank = (number) => {
      const { tone, measures } = this.state.columns[number];
      if (tone === "control") return -Infinity;
      return measures[measure.name] ? sign * measures[measure.name][0] : Infinity;
    };
    return numbers.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
  }
}

// @ts-check
/** The grid while it is drawn: a place for every picture that will be shown, filled as they come. */

import { make } from "../shared/element.js";

export class LiveTable {
  /** @param {(view: Record<string, string>) => string} urlOf */
  constructor(urlOf) {
    this.urlOf = urlOf;
    this.isDrawn = false;
    this.element = make("div", "likeness-compare-table likeness-compare-live");
    this.element.dataset.captureWheel = "true";
  }

  /** The whole state comes each time; only what is new in it is drawn. */
  draw({ columns, rows }) {
    const shape = JSON.stringify([columns, rows.map(({ prompt }) => prompt)]);
    if (shape !== this.shape) this.build(columns, rows);
    this.shape = shape;
    this.isDrawn = true;
    rows.forEach(({ pictures }, down) => this.cells[down].forEach((cell, right) => pictures[right] && this.fill(cell, pictures[right])));
  }

  build(columns, rows) {
    const table = make("table");
    const head = make("tr");
    head.append(make("th"), ...columns.map((label) => make("th", "", label)));
    this.cells = rows.map(() => columns.map(() => make("td")));
    const lines = rows.map(({ prompt }, number) => {
      const line = make("tr", "likeness-picture-row");
      const name = make("th");
      name.append(make("span", "", prompt));
      line.append(name, ...this.cells[number]);
      return line;
    });
    table.append(head, ...lines);
    this.element.replaceChildren(table);
  }

  fill(cell, view) {
    const url = this.urlOf(view);
    if (cell.dataset.url === url) return;
    cell.dataset.url = url;
    const image = make("img");
    image.src = url;
    image.alt = "";
    cell.replaceChildren(image);
  }
}

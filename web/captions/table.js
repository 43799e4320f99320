// @ts-check
/** The captions as rows, one a picture, moved through and written in by mouse or by keyboard. */

import { make } from "../shared/element.js";
import { oneLine } from "./caption_text.js";
import { Editor } from "./editor.js";
import { captionerCards } from "./captioner_compare.js";
import { Row } from "./row.js";

export const HINT = "Arrows move · Enter edit · Ctrl+Enter keep · Esc give up · Z undo";

export class Table {
  /** @param {any} panel takes the decisions */
  constructor(urlOf, panel) {
    this.urlOf = urlOf;
    this.panel = panel;
    this.rows = [];
    this.current = null;
    this.compared = null;
    this.element = make("div", "likeness-caption-table");
    this.element.setAttribute("role", "grid");
    this.element.setAttribute("aria-label", "Captions");
    this.nothing = make("div", "likeness-caption-nothing", "No caption passes the filters.");
    this.editor = new Editor(panel.element);
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("focusin", (event) => this.choose(this.rowOf(event.target)));
    this.element.addEventListener("click", (event) => this.clicked(event));
  }

  fill(rows) {
    const { current, compared } = this;
    this.rows = rows.map((data) => new Row(this.urlOf, this.panel, data));
    const again = (old) => this.rows.find(({ data }) => data.id === old?.data.id) ?? null;
    this.current = again(current);
    this.compared = this.panel.state.sources.length > 1 ? again(compared) : null;
    this.element.replaceChildren(...this.rows.map(({ element }) => element), this.nothing);
  }

  /** Draws the rows that changed; `shown` are the ids that pass the filters, `strikes` what a row would lose. */
  refresh(shown, strikes) {
    for (const row of this.rows) {
      row.element.hidden = !shown.has(row.data.id);
      row.draw(this.panel.effective.get(row.data.id), strikes(row.data));
    }
    this.nothing.hidden = shown.size > 0;
    if (!this.current || this.current.element.hidden) this.choose(this.visible()[0] ?? null);
    else this.choose(this.current);
    this.drawComparison();
  }

  visible() {
    return this.rows.filter(({ element }) => !element.hidden);
  }

  rowOf(target) {
    const element = target.closest?.(".likeness-caption-row");
    return this.rows.find((row) => row.element === element) ?? null;
  }

  choose(row) {
    for (const [old, isOn] of [[this.current, false], [row, true]]) {
      if (!old) continue;
      old.element.tabIndex = isOn ? 0 : -1;
      old.element.setAttribute("aria-selected", String(isOn));
      for (const part of old.element.querySelectorAll("button")) part.tabIndex = isOn ? 0 : -1;
    }
    this.current = row;
  }

  clicked(event) {
    const row = this.rowOf(event.target);
    if (!row || event.target.closest("button, textarea, .likeness-compare")) return;
    if (event.target.closest(".likeness-caption")) return this.edit(row);
    row.element.focus({ preventScroll: true });
    if (this.panel.state.sources.length > 1) this.compare(row);
  }

  edit(row) {
    const { id, name } = row.data;
    this.choose(row);
    const shown = oneLine(this.panel.effective.get(id).text);
    this.editor.open(row.caption, `Caption of ${name}`, shown, (text) => {
      const now = oneLine(text ?? shown);
      if (now !== shown) this.panel.edit(new Map([[id, now]]), `edited ${name}`);
    });
    this.editor.field.scrollIntoView({ block: "nearest" });
  }

  /** Opens the captioners of one row side by side, or closes them. */
  compare(row) {
    this.compared = this.compared === row ? null : row;
    this.choose(row);
    this.drawComparison();
    row.element.scrollIntoView({ block: "nearest" });
  }

  drawComparison() {
    if (this.panel.state.sources.length < 2) return;
    for (const row of this.rows) {
      const isOpen = row === this.compared;
      if (row.comparison.hidden && !isOpen) continue;
      row.comparison.hidden = !isOpen;
      row.compare.setAttribute("aria-expanded", String(isOpen));
      const drawn = isOpen ? [row.drawn, this.panel.review.source, this.panel.review.sources.size].join() : null;
      if (drawn !== row.drawnComparison) row.comparison.replaceChildren(...(isOpen ? captionerCards(this.panel, row) : []));
      row.drawnComparison = drawn;
    }
  }

  /** Keys of the rows; those in a button or a field of a row are its own. */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.current?.element) return;
    const key = event.key.toLowerCase();
    const moves = { arrowup: -1, arrowdown: 1, pageup: -5, pagedown: 5, home: -Infinity, end: Infinity };
    if (key in moves) this.move(moves[key]);
    else if (key === "enter") this.edit(this.current);
    else if (key === "c" && this.panel.state.sources.length > 1) this.compare(this.current);
    else return;
    event.preventDefault();
  }

  move(by) {
    const visible = this.visible();
    const place = visible.indexOf(this.current);
    const next = visible[Math.min(Math.max(place + by, 0), visible.length - 1)];
    if (!next) return;
    next.element.focus({ preventScroll: true });
    next.element.scrollIntoView({ block: "nearest" });
  }
}

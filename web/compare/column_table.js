// @ts-check
/** Columns side by side: heads to pick by, the measures that decide, and pictures, by mouse and by keyboard. */

import { button, make } from "../shared/element.js";
import { endsOf, measureCell } from "./measure_cell.js";

const HINT = "Click picks this column, double-click shows the picture large. Keys: arrows, P picks, Enter shows large.";

export class ColumnTable {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {import("./picture_loupe.js").PictureLoupe} loupe
   * @param {(label: string) => void} pick
   */
  constructor(urlOf, loupe, pick) {
    this.urlOf = urlOf;
    this.loupe = loupe;
    this.pick = pick;
    this.words = "";
    this.element = make("div", "likeness-compare-table");
    this.element.dataset.captureWheel = "true";
    this.element.tabIndex = -1;
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("scroll", () => loupe.hide());
  }

  draw(state, order, picked) {
    this.state = state;
    this.loupe.hide();
    const table = make("table");
    const body = make("tbody");
    const shown = state.main.length ? state.main : state.measures.slice(0, 4).map(({ name }) => name);
    const measures = state.measures.filter(({ name }) => shown.includes(name));
    body.append(...measures.map((measure) => this.measureRow(measure, order)));
    body.append(...state.rows.map((row) => this.pictureRow(row, order)));
    table.append(this.head(order), body);
    this.element.replaceChildren(table, ...this.references());
    const first = this.element.querySelector("td[data-column][tabindex]");
    if (first) first.tabIndex = 0;
    this.filter(this.words);
    this.mark(picked);
  }

  head(order) {
    const head = make("thead");
    const row = make("tr");
    row.append(make("th"));
    for (const number of order) row.append(this.columnHead(this.state.columns[number], number));
    head.append(row);
    return head;
  }

  columnHead({ label, tone, verdict, detail, against }, number) {
    const cell = make("th", `likeness-tone-${tone}`);
    cell.dataset.column = String(number);
    const about = [verdict, detail].filter(Boolean).join(" · ");
    if (tone === "control") cell.append(make("span", "likeness-column-label", label));
    else cell.append(button("likeness-column-label", label, [...against, HINT].join("\n"), () => this.pick(label)));
    cell.append(make("small", "", about));
    return cell;
  }

  measureRow(measure, order) {
    const row = make("tr", "likeness-measure-row");
    const name = make("th", "", measure.title);
    name.scope = "row";
    name.title = measure.says;
    const ends = endsOf(this.state.columns, measure);
    row.append(name, ...order.map((number) => {
      const cell = measureCell(this.state.columns[number].measures[measure.name], measure, ends);
      cell.classList.add(`likeness-tone-${this.state.columns[number].tone}`);
      return cell;
    }));
    return row;
  }

  pictureRow(row, order) {
    const made = make("tr", "likeness-picture-row");
    made.dataset.words = `${row.kind} ${row.prompt}`.toLowerCase();
    const name = make("th");
    name.scope = "row";
    name.title = row.prompt;
    name.append(make("small", "", `${row.kind}, seed ${row.seed}`), make("span", "", row.prompt));
    made.append(name, ...order.map((number) => this.pictureCell(row, number)));
    return made;
  }

  pictureCell(row, number) {
    const { label, tone } = this.state.columns[number];
    const cell = make("td", `likeness-tone-${tone}`);
    cell.dataset.column = String(number);
    const picture = row.pictures[number];
    if (!picture) return cell;
    const identity = typeof picture.identity !== "number" ? "" : `, identity ${picture.identity.toFixed(2)}`;
    const missed = picture.missed.length ? `, not followed: ${picture.missed.join(", ")}` : "";
    const words = `${label}${identity}${missed}`;
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.draggable = false;
    image.src = this.urlOf(picture.small);
    image.alt = words;
    cell.append(image);
    cell.tabIndex = -1;
    cell.addEventListener("pointermove", () => this.loupe.over(cell, picture, `${words}\n${row.prompt}`));
    cell.addEventListener("click", () => tone !== "control" && this.pick(label));
    cell.addEventListener("dblclick", () => this.loupe.large(picture, `${words}\n${row.prompt}`));
    cell.show = () => this.loupe.large(picture, `${words}\n${row.prompt}`);
    return cell;
  }

  references() {
    const { references } = this.state;
    if (!references.length) return [];
    const made = make("div", "likeness-references");
    const images = references.map((picture, number) => {
      const image = make("img");
      image.src = this.urlOf(picture.small);
      image.alt = `Real picture ${number + 1}`;
      image.addEventListener("pointermove", () => this.loupe.over(image, picture, image.alt));
      return image;
    });
    made.append(make("small", "", "Real pictures"), ...images);
    return [made];
  }

  /** Leaves the rows whose kind or prompt holds every word. */
  filter(text) {
    this.words = text;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.element.querySelectorAll(".likeness-picture-row")) {
      row.hidden = !words.every((word) => row.dataset.words.includes(word));
    }
  }

  /** Marks the column the user picked. */
  mark(picked) {
    if (!this.state) return;
    const number = this.state.columns.findIndex(({ label }) => label === picked);
    for (const cell of this.element.querySelectorAll("[data-column]")) {
      const isPicked = cell.dataset.column === String(number);
      cell.classList.toggle("likeness-picked", isPicked);
      cell.querySelector("button")?.setAttribute("aria-pressed", String(isPicked));
    }
  }

  /** Keys belong to the pictures while one has the focus: the canvas would delete the node. */
  pressed(event) {
    const cell = event.target.closest?.("td[data-column]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const column = this.state.columns[Number(cell.dataset.column)];
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key in moves) this.move(cell, ...moves[event.key]);
    else if (event.key.toLowerCase() === "p") column.tone !== "control" && this.pick(column.label);
    else if (event.key === "Enter") cell.show?.();
    else if (event.key !== "Delete" && event.key !== "Backspace") return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(cell, down, right) {
    const rows = [...this.element.querySelectorAll(".likeness-picture-row:not([hidden])")];
    const row = rows[rows.indexOf(cell.parentElement) + down];
    const next = row?.children[cell.cellIndex + right];
    if (!next?.dataset.column) return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

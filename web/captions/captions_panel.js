// @ts-check
/** The captions of a dataset on the node: what was found, acts on many at once, and a row for every picture. */

import { keptWords } from "../shared/decisions.js";
import { button, make } from "../shared/element.js";
import { fields, finding, list, maybe, number, readable, row, shown, text, view } from "../shared/shape.js";
import { Appearance } from "./appearance.js";
import { Bulk } from "./bulk_edit.js";
import { Filters } from "./filters.js";
import { Fragments } from "./fragments.js";
import { CaptionReview } from "./caption_review.js";
import { found } from "./row.js";
import { refusal } from "../shared/decisions.js";
import { captionerOf, effectiveCaption } from "./effective_caption.js";
import { HINT, Table } from "./table.js";
import { MOST_LETTERS } from "./caption_text.js";

const FIRST = "Not run yet: captions and what changed in them show here.";
const CAPTIONED = fields({
  review: text,
  trigger: text,
  subject: maybe(text),
  sources: list(text),
  source: number,
  rows: list(
    fields({
      id: text,
      name: text,
      split: text,
      view: maybe(view),
      author: text,
      edited: shown,
      caption: text,
      words: list(row(text, text)),
      findings: list(finding),
      texts: maybe(list(maybe(text))),
      source: number,
    }),
  ),
  more: maybe(number),
  appearance: list(fields({ row: text, title: text, choice: text, note: text })),
  fragments: list(fields({ text, count: number, slot: text, rows: list(number) })),
  findings: list(finding),
  kept: maybe(number),
  rewritten: maybe(number),
});

export class CaptionsPanel {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {{ read: () => string, write: (text: string) => void }} memory where the decisions are kept
   */
  constructor(urlOf, memory) {
    this.memory = memory;
    this.height = 560;
    this.review = new CaptionReview();
    this.state = null;
    this.effective = new Map();
    this.shown = new Set();
    this.element = make("div", "likeness-check likeness-captions");
    this.element.dataset.captureWheel = "true";
    this.element.tabIndex = -1;
    this.words = make("span", "likeness-check-words", FIRST);
    this.words.setAttribute("role", "status");
    this.undo = button("likeness-undo", "Undo", "Takes back the last act (Z)", () => this.undoLast());
    this.restart = button("likeness-undo", "Start afresh", "Forgets every decision on this node", () => this.clear());
    this.again = make("span", "likeness-check-words likeness-again");
    this.letGo = button("likeness-small", "", "Drops your texts; one undo brings them back", () => this.drop());
    this.appearance = new Appearance(this);
    this.notes = make("div", "likeness-check-notes");
    this.fragments = new Fragments(this);
    this.filters = new Filters(this);
    this.bulk = new Bulk(this);
    this.table = new Table(urlOf, this);
    this.hint = make("div", "likeness-hint");
    this.upper = make("div", "likeness-check-upper");
    this.upper.append(this.notes, this.appearance.element, this.fragments.element);
    this.works = make("div", "likeness-captions-works");
    this.works.append(this.upper, this.filters.element, this.bulk.element, this.table.element, this.hint);
    this.refusal = make("div", "likeness-finding likeness-refusal");
    this.refusal.dataset.level = "error";
    this.element.append(line(this.words, this.undo, this.restart), this.refusal, this.works);
    this.works.prepend(line(this.again, this.letGo));
    for (const { element } of [this.appearance, this.fragments]) {
      element.addEventListener("toggle", () => element.open && element.scrollIntoView({ block: "nearest" }));
    }
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.drawHead();
    // A workflow sets its widgets after the node is made; decisions that stop the node must find Start afresh.
    setTimeout(() => this.drawKept());
  }

  executed(output) {
    const state = readable(this, output?.likeness_captions?.[0], CAPTIONED);
    if (state) this.draw({ ...state, warnings: readable(this, output.warning, list(text)) ?? [] });
  }

  /** A message while the node works. */
  show({ text }) {
    this.say(text, false);
  }

  /** How it stands. What was shown stays. */
  say(words, isFault) {
    this.words.textContent = words;
    this.words.classList.toggle("likeness-pending", isFault);
  }

  draw(state) {
    this.table.editor.keep();
    this.state = state;
    if (this.memory.read() !== this.review.text()) this.review = new CaptionReview(this.memory.read());
    this.hint.textContent = state.sources.length > 1 ? `${HINT} · C compare` : HINT;
    this.drawNotes();
    this.appearance.fill(state.appearance);
    this.fragments.fill(state.fragments);
    this.table.fill(state.rows);
    this.readAll();
    this.filter();
  }

  readAll() {
    this.effective = new Map(this.state.rows.map((row) => [row.id, effectiveCaption(row, this.review)]));
  }

  /** Looks anew which rows pass. A row stays in sight until then, whatever an act makes of it. */
  filter() {
    if (!this.state) return;
    const rows = this.state.rows.filter((row) => this.filters.passes(row, this.effective.get(row.id)));
    this.shown = new Set(rows.map(({ id }) => id));
    this.refresh();
  }

  /** Everything that follows from the decisions; rows that stay as they are stay untouched. */
  refresh() {
    if (this.state) this.readAll();
    this.drawHead();
    if (!this.state) return;
    this.appearance.refresh();
    this.fragments.refresh();
    this.filters.refresh(this.shown);
    this.bulk.refresh();
    this.table.refresh(this.shown, (row) => this.fragments.struck(row));
  }

  /** Runs one act of the user, keeps it and shows what follows. */
  decide(act) {
    this.table.editor.keep();
    act(this.review);
    this.memory.write(this.review.text());
    this.refresh();
  }

  /** Texts by picture as one act; what the captioner said anyway is no text by hand. */
  edit(texts, words) {
    const rowOf = new Map(this.state.rows.map((row) => [row.id, row]));
    const settled = [...texts].map(([id, text]) => {
      const row = rowOf.get(id);
      return [id, !row.edited && text === captionerOf(row, this.review).text ? null : text];
    });
    this.decide((review) => review.edit(settled, words));
  }

  /** The shown captions that a change would alter, with what it would make of them. */
  changed(change) {
    const rows = (this.state?.rows ?? []).filter(({ id }) => this.shown.has(id));
    const texts = rows.map((row) => [row.id, this.effective.get(row.id).text, change(this.effective.get(row.id).text, row)]);
    const altered = texts.filter(([, was, text]) => text !== was && text.length <= MOST_LETTERS);
    return new Map(altered.map(([id, , text]) => [id, text]));
  }

  drop() {
    this.decide((review) => review.letGo(`let go of my ${review.captions.size}`));
  }

  undoLast() {
    this.decide((review) => review.undo());
  }

  clear() {
    this.decide((review) => review.clear("all decisions"));
  }

  /** Decisions that were saved with the workflow, until the captions are there. */
  drawKept() {
    this.drawHead();
    if (this.words.textContent !== FIRST) return;
    this.words.textContent = keptWords(new CaptionReview(this.memory.read()).count, FIRST);
  }

  drawHead() {
    const undoable = this.review.undoable;
    this.undo.disabled = undoable === null;
    this.undo.textContent = undoable === null ? "Undo" : `Undo: ${undoable}`;
    this.undo.hidden = undoable === null && this.state === null;
    this.restart.hidden = this.memory.read() === "";
    this.refusal.textContent = refusal(this.memory.read());
    this.refusal.hidden = !this.refusal.textContent;
    this.works.hidden = this.state === null;
    if (!this.state) return;
    const { rows, more, kept, rewritten, review } = this.state;
    const byHand = rows.filter(({ id }) => this.effective.get(id).author === "hand").length;
    const isPending = this.memory.read() !== review;
    const counts = [plural(rows.length + more, "caption"), `${byHand} by hand`];
    this.words.textContent = [...counts, ...(isPending ? ["queue again to apply"] : [])].join(" · ");
    this.words.classList.toggle("likeness-pending", isPending);
    const since = byHand - rows.filter(({ author }) => author === "hand").length;
    this.again.textContent = `Captioning again rewrites ${rewritten - since}, keeps your ${kept + since}`;
    this.letGo.textContent = `Let go of my ${this.review.captions.size}`;
    this.letGo.hidden = this.review.captions.size === 0;
  }

  drawNotes() {
    const { findings, warnings, more, saved } = this.state;
    const rows = warnings.map((text) => found("warning", text));
    rows.push(...findings.map(({ level, text }) => found(level, text)));
    if (more) rows.push(found("count", `${plural(more, "more picture")}, not listed here.`));
    if (saved) rows.push(found("count", saved));
    this.notes.replaceChildren(...rows);
  }

  /** Keys stay on the panel: the canvas would delete the node. */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isField = event.target.closest("input, textarea") !== null;
    if (event.key === "Escape" && this.fragments.isPreview) this.fragments.leave();
    else if (event.key.toLowerCase() === "z" && !isField) this.undoLast();
    event.stopPropagation();
  }
}

function line(...parts) {
  const made = make("div", "likeness-check-head");
  made.append(...parts);
  return made;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// @ts-check
/** A comparison on the node: pictures as they are drawn, then columns to sort, to look at two by two, and to pick from. */

import { button, make } from "../shared/element.js";
import { fields, list, map, maybe, number, readable, row, shown, text, view } from "../shared/shape.js";
import { ColumnOrder } from "./column_order.js";
import { ColumnTable } from "./column_table.js";
import { LiveTable } from "./live_table.js";
import { PictureLoupe } from "./picture_loupe.js";
import { SliderPair } from "./slider_pair.js";

const UNKNOWN = "Not compared yet";
const FIRST = "Pictures show here as they are drawn.";

const PICTURE = { small: view, full: maybe(view) };
const COMPARISON = fields({
  trigger: text,
  chosen: maybe(text),
  tied: list(text),
  pick: maybe(text),
  reason: maybe(text),
  measures: list(fields({ name: text, title: text, says: text, unit: text, better: text })),
  main: list(text),
  columns: list(fields({ label: text, tone: text, against: list(text), measures: map(maybe(row(number, number, number))) })),
  rows: list(fields({ kind: text, prompt: text, seed: shown, pictures: list(maybe(fields({ ...PICTURE, missed: list(text), identity: maybe(number) }))) })),
  references: list(fields(PICTURE)),
  advice: list(text),
  notes: list(text),
  foot: list(text),
  page: maybe(view),
});
const LIVE = fields({ columns: list(text), rows: list(fields({ prompt: text, pictures: list(maybe(view)) })) });

export class ComparePanel {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {{ read: () => string, write: (label: string) => boolean, used?: () => string | undefined,
   * tell?: () => void }} memory where the pick is kept, as pickMemory gives it
   */
  constructor(urlOf, memory) {
    this.urlOf = urlOf;
    this.memory = memory;
    this.height = 420;
    this.state = null;
    this.element = make("div", "likeness-compare");
    this.verdict = make("span", "likeness-verdict", UNKNOWN);
    this.words = make("span", "likeness-compare-words", FIRST);
    this.words.setAttribute("role", "status");
    this.unpick = button("likeness-small", "Take the recommended", "Forgets your pick", () => this.pick(""));
    const head = make("div", "likeness-compare-head");
    head.append(this.verdict, this.words, this.unpick);
    this.reason = make("div", "likeness-compare-reason");
    this.bar = make("div", "likeness-compare-bar");
    this.order = new ColumnOrder(() => this.drawTable());
    this.loupe = new PictureLoupe(urlOf);
    this.live = new LiveTable(urlOf);
    this.table = new ColumnTable(urlOf, this.loupe, (label) => this.pick(label === this.memory.read() ? "" : label));
    this.pair = new SliderPair(urlOf);
    this.said = make("details", "likeness-compare-said");
    this.element.append(head, this.reason, this.bar, this.pair.element, this.live.element, this.table.element, this.said);
    this.element.addEventListener("pointerenter", () => this.drawPick());
    this.drawShape();
    this.drawPick();
  }

  executed(output) {
    const told = output?.likeness_compare?.[0];
    const state = readable(this, told, COMPARISON);
    const words = [output?.warning ?? [], output?.text ?? []].flat().join("\n");
    if (state) this.draw({ ...state, reason: words || state.reason });
    else if (words && !told) this.say(words, false);
  }

  /** A message while the node works: words, and the grid as far as it is. */
  show({ text, live }) {
    this.say(text ?? "", false);
    if (!this.state) this.verdict.textContent = "At work";
    const grid = readable(this, live, LIVE);
    if (!grid) return;
    this.state = null;
    this.loupe.hide();
    this.live.draw(grid);
    this.verdict.textContent = "Drawing";
    this.verdict.removeAttribute("data-verdict");
    this.drawShape();
  }

  /** How it stands. What was shown stays. */
  say(words, isFault) {
    this.words.textContent = words;
    this.words.title = words;
    this.words.classList.toggle("likeness-pending", isFault);
    if (isFault && !this.state) this.verdict.textContent = UNKNOWN;
  }

  draw(state) {
    this.state = state;
    this.order.fill(state);
    this.pair.fill(state, this.memory.read() || state.pick);
    this.reason.textContent = state.reason;
    this.reason.title = state.reason;
    this.drawBar();
    this.drawSaid();
    this.drawShape();
    this.drawTable();
    this.drawPick();
    this.memory.tell?.();
  }

  /** What there is to see: a live grid, a comparison, or neither. */
  drawShape() {
    const isDone = this.state !== null;
    for (const part of [this.reason, this.bar, this.table.element, this.said]) part.hidden = !isDone;
    this.live.element.hidden = isDone || !this.live.isDrawn;
    this.pair.element.hidden = !isDone || !this.pair.isOpen;
  }

  drawBar() {
    const filter = make("input", "likeness-compare-filter");
    filter.type = "search";
    filter.placeholder = "Filter prompts";
    filter.setAttribute("aria-label", "Filter prompts");
    filter.addEventListener("input", () => this.table.filter(filter.value));
    const two = button("likeness-small", "Two under a slider", "Lays one column's picture over another's", () => {
      this.pair.isOpen = !this.pair.isOpen;
      two.setAttribute("aria-pressed", String(this.pair.isOpen));
      this.drawShape();
    });
    two.setAttribute("aria-pressed", String(this.pair.isOpen));
    this.bar.replaceChildren(this.order.element, filter, two, ...this.pageLink());
  }

  /** The host hands pages out as files to save, never to be opened in its own place. */
  pageLink() {
    if (!this.state.page) return [];
    const link = make("a", "likeness-compare-page", "Save the page");
    link.href = this.urlOf(this.state.page);
    link.download = `${this.state.trigger.replace(/[^\w-]+/g, "_") || "comparison"}.html`;
    link.title = "The report as one page of its own, to keep or to share";
    return [link];
  }

  drawTable() {
    if (this.state) this.table.draw(this.state, this.order.columns(), this.memory.read());
  }

  pick(label) {
    const isKept = this.memory.write(label);
    this.drawPick();
    this.pair.compare(label);
    if (!isKept) this.say("Wire the report to Choose checkpoint: that is where your pick is kept.", true);
  }

  drawPick() {
    const picked = this.memory.read();
    this.unpick.hidden = !picked;
    if (!this.state) {
      if (picked && this.words.textContent === FIRST) this.words.textContent = `Your pick ${picked} is kept; queue to see it.`;
      return;
    }
    this.table.mark(picked);
    const column = this.state.columns.find(({ label }) => label === picked);
    this.verdict.textContent = verdictOf(this.state, picked);
    this.verdict.dataset.verdict = picked ? (column ? "picked" : "blocked") : this.state.chosen ? "ready" : "attention";
    const isPending = picked !== (this.memory.used?.() ?? this.state.pick ?? "");
    this.say(isPending ? "queue again to use it" : tieOf(this.state), isPending);
  }

  /** What is said against columns, advice and notes, folded away. */
  drawSaid() {
    const { columns, advice, notes, foot } = this.state;
    const against = columns.flatMap(({ label, against: said }) => said.map((words) => ["warning", `${label}: ${words}`]));
    const rows = [...against, ...advice.map((words) => ["next", words]), ...notes.concat(foot).map((words) => ["count", words])];
    const summary = [count(against.length, "finding"), count(advice.length, "change for the next run", "changes for the next run")];
    this.said.replaceChildren(make("summary", "", summary.join(", ")), ...rows.map(([level, words]) => line(level, words)));
  }
}

function verdictOf({ chosen, columns }, picked) {
  if (!picked) return chosen ? `Recommended: ${chosen}` : "None passes";
  return columns.some(({ label }) => label === picked) ? `Your pick: ${picked}` : `Your pick ${picked} is not among these`;
}

function tieOf({ chosen, tied = [] }) {
  const others = tied.filter((label) => label !== chosen);
  return others.length ? `as good: ${others.join(", ")}` : "";
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

function line(level, words) {
  const made = make("div", "likeness-finding", words);
  made.dataset.level = level;
  return made;
}

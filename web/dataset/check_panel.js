// @ts-check
/** A checked dataset on the node: verdict, coverage chips that filter, near-duplicates as pairs, and the tiles. */

import { button, make, preview } from "../shared/element.js";
import { keptWords, refusal } from "../shared/decisions.js";
import { fields, finding, list, maybe, number, readable, text, view } from "../shared/shape.js";
import { DatasetReview } from "./dataset_review.js";
import { Tiles } from "./tiles.js";

const VERDICTS = { ready: "Ready", attention: "Needs attention", blocked: "Blocked" };
const FIRST = "Pictures and findings show here.";
const MOST_PAIRS = 60;
const CHECKED = fields({
  verdict: text,
  review: text,
  tiles: list(
    fields({ id: text, name: text, size: text, split: text, view: maybe(view), framing: text, likeness: maybe(number), band: text, findings: list(finding) }),
  ),
  more: maybe(number),
  axes: list(fields({ name: text, buckets: maybe(list(fields({ name: text, ids: maybe(list(text)), more: maybe(number) }))), unmeasured: maybe(text) })),
  pairs: list(fields({ a: text, b: text, text })),
  findings: list(finding),
  left_out: list(fields({ name: text, why: text })),
  counters: list(text),
  add_next: list(text),
});

export class CheckPanel {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {{ read: () => string, write: (text: string) => void }} memory where the decisions are kept
   */
  constructor(urlOf, memory) {
    this.memory = memory;
    this.urlOf = urlOf;
    this.height = 480;
    this.review = new DatasetReview();
    this.filters = new Map();
    this.element = make("div", "likeness-check");
    this.verdict = make("span", "likeness-verdict", "Not checked yet");
    this.words = make("span", "likeness-check-words", FIRST);
    this.words.setAttribute("role", "status");
    this.undo = button("likeness-undo", "Undo", "Takes back the last act (Z)", () => this.undoLast());
    this.restart = button("likeness-undo", "Start afresh", "Forgets every decision on this node", () => this.clear());
    const head = make("div", "likeness-check-head");
    head.append(this.verdict, this.words, this.undo, this.restart);
    this.notes = make("div", "likeness-check-notes");
    this.chips = make("div", "likeness-chips");
    this.pairs = make("details", "likeness-pairs");
    this.pairs.hidden = true;
    this.tiles = new Tiles(urlOf, this);
    this.upper = make("div", "likeness-check-upper");
    this.upper.dataset.captureWheel = "true";
    this.upper.tabIndex = -1;
    this.upper.append(this.notes, this.pairs, this.chips);
    this.refusal = make("div", "likeness-finding likeness-refusal");
    this.refusal.dataset.level = "error";
    this.element.append(head, this.refusal, this.upper, this.tiles.bar, this.tiles.element, this.tiles.detail);
    this.drawHead();
    // A workflow sets its widgets after the node is made; decisions that stop the node must find Start afresh.
    setTimeout(() => this.drawKept());
  }

  executed(output) {
    const state = readable(this, output?.likeness_check?.[0], CHECKED);
    if (state) this.draw(state);
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
    this.state = state;
    this.tileOf = new Map(state.tiles.map((tile) => [tile.id, tile]));
    if (this.memory.read() !== this.review.text()) this.review = new DatasetReview(this.memory.read());
    this.filters.clear();
    this.drawnPairs = null;
    this.tiles.fill(state.tiles);
    this.refresh();
  }

  /** Everything that follows from the decisions; the tiles themselves stay. */
  refresh() {
    this.drawHead();
    if (!this.state) return;
    this.drawNotes();
    this.drawChips();
    this.drawPairs();
    this.tiles.refresh(this.filtered());
  }

  /** Runs one act of the user, keeps it and shows what follows. */
  decide(act) {
    act(this.review);
    this.memory.write(this.review.text());
    this.refresh();
  }

  undoLast() {
    this.decide((review) => review.undo());
  }

  clear() {
    this.decide((review) => review.clear("all decisions"));
  }

  drawHead() {
    const undoable = this.review.undoable;
    this.undo.disabled = undoable === null;
    this.undo.textContent = undoable === null ? "Undo" : `Undo: ${undoable}`;
    this.restart.hidden = this.memory.read() === "";
    this.refusal.textContent = refusal(this.memory.read());
    this.refusal.hidden = !this.refusal.textContent;
    if (!this.state) return;
    this.verdict.textContent = VERDICTS[this.state.verdict] ?? "";
    this.verdict.dataset.verdict = this.state.verdict;
    const tiles = this.state.tiles;
    const dropped = tiles.filter((tile) => this.review.isDropped(tile.id)).length;
    const counts = [plural(tiles.length + (this.state.more ?? 0), "picture"), dropped ? `${dropped} dropped` : ""].filter(Boolean);
    const isPending = this.memory.read() !== this.state.review;
    this.words.textContent = counts.join(", ") + (isPending ? " · queue again to apply your decisions" : "");
    this.words.classList.toggle("likeness-pending", isPending);
  }

  /** Decisions that were saved with the workflow, until the pictures are there. */
  drawKept() {
    this.drawHead();
    if (this.words.textContent !== FIRST) return;
    this.words.textContent = keptWords(new DatasetReview(this.memory.read()).count, FIRST);
  }

  drawNotes() {
    const rows = this.state.findings.map((finding) => this.setFinding(finding));
    rows.push(...this.state.left_out.map((left) => note("error", left.why.includes(left.name) ? left.why : `${left.name}: ${left.why}`)));
    if (this.state.counters.length) rows.push(note("count", this.state.counters.join(" ")));
    this.notes.replaceChildren(...rows, ...this.wishes());
  }

  /** What to add, folded away when it is long. */
  wishes() {
    const wishes = this.state.add_next;
    if (!wishes.length) return [];
    const fold = make("details", "likeness-wishes");
    fold.open = this.isOpen ?? wishes.length <= 3;
    fold.addEventListener("toggle", () => (this.isOpen = fold.open));
    fold.append(make("summary", "", `Add next (${wishes.length})`), ...wishes.map((words) => note("next", words)));
    return [fold];
  }

  setFinding({ check, level, text }) {
    const row = note(level, text);
    if (level !== "warning") return row;
    const isOn = this.review.waivedOfSet.has(check);
    row.classList.toggle("likeness-waived", isOn);
    row.append(
      button("likeness-small", isOn ? "Acknowledged" : "Acknowledge", "Seen and accepted; kept with the workflow", () =>
        this.decide((review) => review.waiveOfSet(check, !isOn, `acknowledged ${check}`)),
      ),
    );
    return row;
  }

  drawChips() {
    this.chips.replaceChildren(...this.state.axes.map((axis) => this.axisRow(axis)));
  }

  axisRow(axis) {
    const row = make("div", "likeness-axis");
    const chips = make("span", "likeness-axis-chips");
    chips.append(...(axis.buckets ?? []).map((bucket) => this.chip(axis.name, bucket)));
    if (axis.unmeasured) chips.append(make("span", "likeness-unmeasured", axis.unmeasured));
    row.append(make("span", "likeness-axis-name", axis.name), chips);
    return row;
  }

  chip(axis, bucket) {
    const count = (bucket.ids ?? []).filter((id) => !this.review.isDropped(id)).length + (bucket.more ?? 0);
    const key = `${axis}\n${bucket.name}`;
    const made = button("likeness-chip", `${bucket.name} ${count}`, "", () => {
      this.filters.has(key) ? this.filters.delete(key) : this.filters.set(key, new Set(bucket.ids));
      this.refresh();
    });
    made.disabled = count === 0 && !this.filters.has(key);
    made.title = made.disabled ? `No picture shows ${bucket.name}: add one` : `Show only these ${count}`;
    made.setAttribute("aria-pressed", String(this.filters.has(key)));
    return made;
  }

  /** Ids that every pressed chip lets through; null when none is pressed. Chips of one axis add up. */
  filtered() {
    if (!this.filters.size) return null;
    const byAxis = new Map();
    for (const [key, ids] of this.filters) {
      const axis = key.split("\n")[0];
      byAxis.set(axis, new Set([...(byAxis.get(axis) ?? []), ...ids]));
    }
    const sets = [...byAxis.values()];
    return new Set([...sets[0]].filter((id) => sets.every((set) => set.has(id))));
  }

  drawPairs() {
    const open = this.state.pairs.filter(
      ({ a, b }) => this.tileOf.has(a) && this.tileOf.has(b) && !this.review.isDropped(a) && !this.review.isDropped(b),
    );
    const drawn = open.map(({ a, b }) => `${a} ${b}`).join();
    if (drawn === this.drawnPairs) return;
    this.drawnPairs = drawn;
    this.pairs.hidden = open.length === 0;
    const label = `${plural(open.length, "near-duplicate pair")}: drop one of each`;
    const rows = open.slice(0, MOST_PAIRS).map((pair) => this.pair(pair));
    const more = open.length > MOST_PAIRS ? [note("count", `and ${open.length - MOST_PAIRS} more`)] : [];
    const table = make("div", "likeness-pair-table");
    table.append(...rows);
    this.pairs.replaceChildren(make("summary", "", label), table, ...more);
    if (this.pairs.dataset.seen !== "yes" && open.length) {
      this.pairs.open = true;
      this.pairs.dataset.seen = "yes";
    }
  }

  pair({ a, b, text }) {
    const row = make("div", "likeness-pair");
    for (const id of [a, b]) {
      const tile = this.tileOf.get(id);
      const side = make("span", "likeness-pair-side");
      const drop = button("likeness-small", `Drop ${tile.name}`, `Drop ${tile.name}: ${text}`, () =>
        this.decide((review) => review.mark([id], "dropped", `dropped ${tile.name}`)),
      );
      side.append(preview(this.urlOf, tile), drop);
      row.append(side);
    }
    row.title = text;
    return row;
  }
}

function note(kind, words) {
  const made = make("div", "likeness-finding");
  made.dataset.level = kind;
  made.append(make("span", "", words));
  return made;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

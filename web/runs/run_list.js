// @ts-check
/** All past runs, the newest first: looked for by words and by how they stand. Rows are made and told of as they are
 * scrolled to, and the others a few at a time, so that hundreds cost no more than those in sight. */

import { button, make } from "../shared/element.js";
import { RunRow } from "./run_row.js";

const AT_ONCE = 20;
const MADE_AT_ONCE = 40;
const STATES = [
  ["", "all"],
  ["running", "running"],
  ["finished", "finished"],
  ["stopped", "stopped"],
  ["cannot be read", "cannot be read"],
];
const NONE = "No run yet. Train character LoRA keeps each run under its name in output/likeness, and it is listed here.";

export class RunList {
  /**
   * @param {(path: string) => Promise<any>} ask
   * @param {{ open: (name: string) => void, compare: (first: string, second: string) => void, pictureOf: (run: any) => string }} acts
   */
  constructor(ask, acts) {
    this.ask = ask;
    this.acts = acts;
    this.rows = new Map();
    this.picked = [];
    this.made = MADE_AT_ONCE;
    this.turn = 0;
    this.element = make("div", "likeness-runs-list");
    this.search = make("input", "likeness-runs-search");
    this.search.type = "search";
    this.search.placeholder = "Search runs";
    this.search.setAttribute("aria-label", "Search runs by name, base or family");
    this.state = make("select", "likeness-runs-filter");
    this.state.setAttribute("aria-label", "Which runs are shown");
    this.state.append(...STATES.map(([value, words]) => Object.assign(make("option", "", words), { value })));
    this.again = button("", "⟳", "Read the list anew", () => this.load());
    this.again.setAttribute("aria-label", "Read the list anew");
    this.count = make("div", "likeness-runs-count");
    this.count.setAttribute("role", "status");
    this.compare = button("likeness-runs-compare", "", "Shows what differs between the two picked runs", () =>
      this.acts.compare(this.picked[0], this.picked[1]),
    );
    this.list = make("ul", "likeness-runs-rows");
    this.end = make("li", "likeness-runs-end");
    const bar = make("div", "likeness-runs-bar");
    bar.append(this.search, this.state, this.again);
    this.element.append(bar, this.count, this.compare, this.list);
    for (const part of [this.search, this.state]) part.addEventListener("input", () => this.narrow());
    new IntersectionObserver(([seen]) => seen?.isIntersecting && this.more()).observe(this.end);
    this.offer();
  }

  /** Reads names and times at once, then what each run is, those in sight first. */
  async load() {
    const turn = ++this.turn;
    const found = (await this.ask("/likeness/runs"))?.runs;
    if (turn !== this.turn) return;
    if (!found) {
      this.count.textContent = "The host gave no answer; try again.";
      return;
    }
    this.order = found.map(({ name }) => name);
    for (const name of this.rows.keys()) if (!this.order.includes(name)) this.forget(name);
    for (const name of this.order) if (!this.rows.has(name)) this.rows.set(name, this.row(name));
    this.draw();
    await this.tell(turn, this.order);
  }

  row(name) {
    const { open, pictureOf } = this.acts;
    return new RunRow(name, { open, pictureOf, pick: (which, isPicked) => this.pick(which, isPicked) });
  }

  async tell(turn, names) {
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE);
      const told = (await this.ask(`/likeness/runs/told?${new URLSearchParams({ names: some.join("/") })}`))?.runs ?? [];
      if (turn !== this.turn || !this.element.isConnected) return;
      for (const run of told) this.rows.get(run.name)?.show(run);
      this.read = at + some.length;
      if (this.isNarrowed) this.draw();
      else this.say();
    }
  }

  /** Of one run anew: it ended, or was changed; one that is not listed yet has the list read anew. */
  async refresh(name) {
    if (!this.rows.has(name)) return this.load();
    const [run] = (await this.ask(`/likeness/runs/told?${new URLSearchParams({ names: name })}`))?.runs ?? [];
    if (run) this.rows.get(name)?.show(run);
  }

  /** A running run tells of itself. */
  live(state) {
    const row = this.rows.get(state.run);
    if (row) row.live(state);
    else if (this.order && !this.awaited) {
      this.awaited = true;
      this.load().finally(() => (this.awaited = false));
    }
  }

  get running() {
    return [...this.rows.values()].filter(({ run }) => run?.state === "running").map(({ name }) => name);
  }

  get isNarrowed() {
    return Boolean(this.search.value.trim() || this.state.value);
  }

  narrow() {
    this.made = MADE_AT_ONCE;
    this.list.scrollTop = 0;
    this.draw();
  }

  more() {
    if (this.made >= this.shown.length) return;
    this.made += MADE_AT_ONCE;
    this.draw();
  }

  get shown() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = this.state.value;
    return (this.order ?? []).map((name) => this.rows.get(name)).filter((row) => row?.fits(words, state));
  }

  /** What stays in its place is not moved: it would lose the focus. */
  draw() {
    const shown = this.shown;
    const parts = shown.slice(0, this.made).map(({ element }) => element);
    if (parts.length < shown.length) parts.push(this.end);
    if (parts.length !== this.list.children.length || parts.some((part, at) => part !== this.list.children[at])) {
      this.list.replaceChildren(...parts);
    }
    this.say();
  }

  say() {
    const [all, read] = [this.order?.length ?? 0, this.read ?? 0];
    const reading = read < all ? `, reading ${read} of ${all}` : "";
    const shown = this.isNarrowed ? `${this.shown.length} of ${all} runs${reading}` : `${all} run${all === 1 ? "" : "s"}${reading}`;
    this.count.textContent = all ? shown : NONE;
    this.list.classList.toggle("likeness-alone", all < 2);
  }

  pick(name, isPicked) {
    this.picked = this.picked.filter((each) => each !== name);
    if (isPicked) this.picked.push(name);
    const dropped = this.picked.length > 2 ? this.picked.shift() : undefined;
    if (dropped !== undefined) this.rows.get(dropped).picked.checked = false;
    this.offer();
  }

  offer() {
    this.compare.hidden = !this.picked.length;
    this.compare.disabled = this.picked.length < 2;
    this.compare.textContent = this.picked.length < 2 ? "Pick one more run to compare" : `Compare ${this.picked.join(" and ")}`;
  }

  forget(name) {
    this.rows.get(name)?.element.remove();
    this.rows.delete(name);
    this.pick(name, false);
  }
}

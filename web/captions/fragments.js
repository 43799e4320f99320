// @ts-check
/** What the captions share, commonest first: shown by a click, stripped by two. */

import { button, make } from "../shared/element.js";
import { phrase, spelled, tagsOf, withoutFragment } from "./caption_text.js";

const MOST_FRAGMENTS = 60;

export class Fragments {
  /** @param {any} panel takes the decisions */
  constructor(panel) {
    this.panel = panel;
    this.items = [];
    this.chosen = null;
    this.isPreview = false;
    this.element = make("details", "likeness-fragments");
    this.summary = make("summary");
    this.list = make("div", "likeness-fragment-list");
    this.more = make("div", "likeness-hint");
    this.element.append(this.summary, this.list, this.more);
  }

  /** Fragments name their pictures by `rows`, their places in the table. */
  fill(found) {
    const { rows } = this.panel.state;
    const fragments = found.map((one) => ({ ...one, ids: one.rows.flatMap((place) => rows[place]?.id ?? []) }));
    this.chosen = fragments.find(({ text }) => text === this.chosen?.text) ?? null;
    this.isPreview = false;
    this.testOf = new Map(fragments.map((fragment) => [fragment, testOf(fragment)]));
    this.items = fragments.slice(0, MOST_FRAGMENTS).map((fragment) => this.makeItem(fragment));
    this.list.replaceChildren(...this.items.map(({ element }) => element));
    this.summary.textContent = `Words in the captions (${fragments.length})`;
    const more = fragments.length - this.items.length;
    this.more.textContent = more ? `and ${more} rarer ones` : "";
    this.element.hidden = fragments.length === 0;
  }

  makeItem(fragment) {
    const element = make("div", "likeness-fragment");
    const shows = `Show the captions with “${fragment.text}”`;
    const name = button("likeness-fragment-name", "", shows, () => this.press(fragment));
    const count = make("span", "likeness-fragment-count");
    name.append(make("span", "likeness-fragment-text", fragment.text), count);
    const strip = button("likeness-small", "Strip", "Shows first what would go", () => this.strip(fragment));
    const cancel = button("likeness-small", "Cancel", "Leaves the captions as they are (Escape)", () => this.leave());
    element.append(name, strip, cancel);
    return { fragment, element, name, count, strip, cancel };
  }

  /** Whether a row has the fragment: as the engine found it, or by the text where that changed since. */
  has(fragment, row) {
    const effective = this.panel.effective.get(row.id);
    const { ids, key, pattern } = this.testOf.get(fragment);
    if (effective.text === row.caption) return ids.has(row.id);
    if (fragment.slot === "sentence") return pattern.test(effective.text);
    effective.tags ??= new Set(tagsOf(effective.text));
    return effective.tags.has(key);
  }

  /** What the preview strikes out of a row, or null. */
  struck(row) {
    return this.isPreview && this.has(this.chosen, row) ? this.chosen.text : null;
  }

  refresh() {
    const { rows } = this.panel.state;
    for (const { fragment, element, name, count, strip, cancel } of this.items) {
      const number = rows.filter((row) => this.has(fragment, row)).length;
      const isChosen = fragment === this.chosen;
      const isPreview = isChosen && this.isPreview;
      count.textContent = `${number} of ${rows.length}`;
      element.style.setProperty("--share", `${(100 * number) / Math.max(rows.length, 1)}%`);
      name.setAttribute("aria-pressed", String(isChosen));
      const stripped = isPreview ? this.texts().size : number;
      strip.textContent = isPreview ? `Strip from ${stripped}` : "Strip";
      strip.disabled = stripped === 0;
      cancel.hidden = !isPreview;
    }
  }

  texts() {
    const { chosen } = this;
    return this.panel.changed((text, row) => (this.has(chosen, row) ? withoutFragment(text, chosen.text) : text));
  }

  press(fragment) {
    this.choose(fragment === this.chosen ? null : fragment, false);
  }

  strip(fragment) {
    if (fragment !== this.chosen || !this.isPreview) return this.choose(fragment, true);
    this.panel.table.editor.keep();
    const texts = this.texts();
    this.chosen = null;
    this.isPreview = false;
    this.panel.edit(texts, `stripped “${fragment.text}” from ${texts.size}`);
    this.panel.filter();
    return undefined;
  }

  leave() {
    this.choose(null, false);
  }

  choose(fragment, isPreview) {
    this.chosen = fragment;
    this.isPreview = isPreview;
    this.panel.filter();
  }
}

function testOf({ text, ids }) {
  return { ids: new Set(ids), key: spelled(text), pattern: phrase(text) };
}

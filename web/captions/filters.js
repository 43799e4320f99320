// @ts-check
/** Which captions are shown: those with a text, a finding, an author, a fragment. */

import { button, make } from "../shared/element.js";

const AUTHORS = { tagger: "tagger", vlm: "captioner", hand: "by hand", none: "no caption" };

export class Filters {
  /** @param {any} panel shows what passes */
  constructor(panel) {
    this.panel = panel;
    this.checks = new Set();
    this.authors = new Set();
    this.element = make("div", "likeness-caption-filters");
    this.text = make("input", "likeness-caption-input");
    this.text.type = "search";
    this.text.placeholder = "Filter by words";
    this.text.setAttribute("aria-label", "Filter captions by words in them or in names");
    this.text.addEventListener("input", () => panel.filter());
    this.chips = make("span", "likeness-axis-chips");
    this.shown = make("span", "likeness-caption-shown");
    this.element.append(this.text, this.chips, this.shown);
  }

  /** Chips of one kind add up; every kind must let a row through. */
  passes(row, effective) {
    const words = this.text.value.trim().toLowerCase();
    const fragment = this.panel.fragments.chosen;
    return (
      (!words || effective.text.toLowerCase().includes(words) || row.name.toLowerCase().includes(words)) &&
      (!this.checks.size || row.findings.some(({ check }) => this.checks.has(check))) &&
      (!this.authors.size || this.authors.has(effective.author)) &&
      (!fragment || this.panel.fragments.has(fragment, row))
    );
  }

  refresh(shown) {
    const { rows } = this.panel.state;
    const { chosen } = this.panel.fragments;
    const chips = [...this.checksOf(rows), ...this.authorsOf(rows)];
    const leave = () => this.panel.fragments.leave();
    if (chosen) chips.push(this.chip(`fragment ${chosen.text}`, `${chosen.text} ✕`, 1, "", true, leave));
    const drawn = JSON.stringify(chips.map(({ words, isOn }) => [words, isOn]));
    if (drawn !== this.drawn) this.place(chips.map(({ made }) => made));
    this.drawn = drawn;
    this.shown.textContent = shown.size === rows.length ? "" : `${shown.size} of ${rows.length} shown`;
  }

  checksOf(rows) {
    const counts = new Map();
    const levels = new Map();
    for (const { findings } of rows) {
      for (const check of new Set(findings.map(({ check }) => check))) counts.set(check, (counts.get(check) ?? 0) + 1);
      for (const { check, level } of findings) levels.set(check, level);
    }
    for (const check of this.checks) counts.set(check, counts.get(check) ?? 0);
    const inOrder = [...counts].sort();
    return inOrder.map(([check, count]) => this.setChip(this.checks, check, called(check), count, levels.get(check)));
  }

  authorsOf(rows) {
    const written = rows.map(({ id }) => this.panel.effective.get(id).author);
    return Object.entries(AUTHORS).flatMap(([author, words]) => {
      const count = written.filter((other) => other === author).length;
      return count || this.authors.has(author) ? [this.setChip(this.authors, author, words, count, "")] : [];
    });
  }

  setChip(set, key, words, count, level) {
    return this.chip(key, `${words} ${count}`, count, level, set.has(key), () => {
      set.has(key) ? set.delete(key) : set.add(key);
      this.panel.filter();
    });
  }

  chip(key, words, count, level, isOn, act) {
    const made = button("likeness-chip", words, isOn ? "Shows all again" : `Show only these ${count}`, act);
    made.dataset.key = key;
    if (level) made.dataset.level = level;
    made.setAttribute("aria-pressed", String(isOn));
    return { made, words, isOn };
  }

  /** Chips are made anew when their counts change; the one that was pressed keeps the keyboard. */
  place(chips) {
    const old = [...this.chips.children].find((chip) => chip === document.activeElement);
    this.chips.replaceChildren(...chips);
    if (old) chips.find(({ dataset }) => dataset.key === old.dataset.key)?.focus();
  }
}

/** A check in words: caption_looks is looks. */
function called(check) {
  return check.replace(/^caption_/, "").replaceAll("_", " ");
}

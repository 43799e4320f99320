// @ts-check
/** One picture and its caption: who wrote it, the words that changed, what was found in it. */

import { button, make, preview } from "../shared/element.js";
import { joined, piecesOf } from "./caption_text.js";

const AUTHORS = { tagger: "tagger", vlm: "captioner", hand: "you", none: "no caption" };

export class Row {
  /** @param {any} panel takes the decisions */
  constructor(urlOf, panel, data) {
    this.panel = panel;
    this.data = data;
    this.element = make("div", "likeness-caption-row");
    this.element.setAttribute("role", "row");
    this.element.setAttribute("aria-label", data.name);
    this.element.tabIndex = -1;
    const thumb = make("div", "likeness-caption-thumb");
    thumb.append(preview(urlOf, data));
    this.author = make("span", "likeness-author");
    const compare = () => panel.table.compare(this);
    this.compare = button("likeness-small", "Compare", "The captioners side by side (C)", compare);
    this.compare.hidden = panel.state.sources.length < 2;
    this.back = button("likeness-small", "Back to the captioner's", "Lets your text go", () => this.letGo());
    const head = make("div", "likeness-caption-head");
    head.append(make("b", "", data.name));
    if (data.split === "held_out") head.append(make("span", "likeness-caption-split", "held out"));
    head.append(this.author, make("span", "likeness-caption-gap"), this.back, this.compare);
    this.caption = make("div", "likeness-caption");
    this.caption.title = "Click or Enter to edit";
    this.found = make("div", "likeness-caption-found");
    this.found.append(...data.findings.map(({ level, text }) => found(level, text)));
    this.comparison = make("div", "likeness-compare");
    this.comparison.hidden = true;
    const body = make("div", "likeness-caption-body");
    body.append(head, this.caption, this.found, this.comparison);
    for (const cell of [thumb, body]) cell.setAttribute("role", "gridcell");
    this.element.append(thumb, body);
    for (const part of [this.compare, this.back]) part.tabIndex = -1;
  }

  /** Draws what the caption is now, only where that is not what stands there. */
  draw(effective, struck) {
    const drawn = JSON.stringify([effective.text, effective.author, effective.source, effective.isEdited, effective.words === null, struck]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.effective = effective;
    this.author.textContent = AUTHORS[effective.author] ?? this.panel.state.sources[effective.source];
    this.author.dataset.author = effective.author;
    this.back.hidden = !effective.isEdited;
    this.found.classList.toggle("likeness-stale", effective.text !== this.data.caption);
    this.found.title = effective.text === this.data.caption ? "" : "Found before this change; queue again to look anew";
    const { trigger } = this.panel.state;
    const words = struck === null ? effective.words : null;
    const pieces = words ? runs(words, trigger) : plain(effective.text, trigger, struck);
    const parts = pieces.map(([text, kind]) => (kind ? make(TAGS[kind], `likeness-${kind}`, text) : text));
    this.caption.replaceChildren(...parts);
    if (!pieces.length) this.caption.append(make("span", "likeness-no-caption", "no caption: click to write one"));
  }

  letGo() {
    this.panel.edit(new Map([[this.data.id, null]]), `back to the captioner's: ${this.data.name}`);
    this.element.focus({ preventScroll: true });
  }
}

const TAGS = { gone: "del", new: "ins", trigger: "b" };

/** A comparison as runs of one kind, the first words that are the trigger apart. "" is the kind of what stayed. */
function runs(words, trigger) {
  const parts = trigger.match(/[^\s,]+|,/g) ?? [];
  const kept = words.filter(([, kind]) => kind !== "gone").map(([word]) => word);
  const leads = parts.length > 0 && parts.every((part, place) => part === kept[place]);
  let named = leads ? parts.length : 0;
  const made = [];
  for (const [word, kind] of words) {
    const shown = kind === "gone" ? "gone" : named-- > 0 ? "trigger" : kind === "new" ? "new" : "";
    const last = made.at(-1);
    if (last?.[1] === shown) last[0] = joined(last[0], word);
    else made.push([word, shown]);
  }
  return spaced(made);
}

/** Spaces between runs stand outside them, so that nothing strikes or underlines a gap. */
function spaced(made) {
  return made.flatMap((run, place) => (place && !run[0].startsWith(",") ? [[" ", ""], run] : [run]));
}

function plain(text, trigger, struck) {
  const leads = trigger && text.startsWith(trigger);
  const rest = leads ? text.slice(trigger.length) : text;
  const pieces = struck ? piecesOf(rest, struck).map(([piece, isIt]) => [piece, isIt ? "gone" : ""]) : [[rest, ""]];
  return [[leads ? trigger : "", "trigger"], ...pieces].filter(([piece]) => piece);
}

export function found(level, text) {
  const made = make("div", "likeness-finding");
  made.dataset.level = level;
  made.append(make("span", "", text));
  return made;
}

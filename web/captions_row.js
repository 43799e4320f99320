// @ts-check
/** One picture and its caption: who wrote it, the words that changed, what was found in it. */

import { button, make } from "./element.js";
import { piecesOf } from "./captions_text.js";
import { joined } from "./captions_said.js";
import { picture } from "./check_tiles.js";

const AUTHORS = { tagger: "tagger", vlm: "VLM", hand: "you", none: "none" };

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
    thumb.append(picture(urlOf, data));
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
    this.lab = make("div", "likeness-lab");
    this.lab.hidden = true;
    const body = make("div", "likeness-caption-body");
    body.append(head, this.caption, this.found, this.lab);
    for (const cell of [thumb, body]) cell.setAttribute("role", "gridcell");
    this.element.append(thumb, body);
    for (const part of [this.compare, this.back]) part.tabIndex = -1;
  }

  /** Draws what the caption is now, only where that is not what stands there. */
  draw(said, struck) {
    const drawn = JSON.stringify([said.text, said.author, said.source, said.isEdited, said.words === null, struck]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.said = said;
    this.author.textContent = AUTHORS[said.author] ?? this.panel.state.sources[said.source];
    this.author.dataset.author = said.author;
    this.back.hidden = !said.isEdited;
    this.found.classList.toggle("likeness-stale", said.text !== this.data.caption);
    this.found.title = said.text === this.data.caption ? "" : "Found before this change; queue again to look anew";
    const { trigger } = this.panel.state;
    const words = struck === null ? said.words : null;
    const pieces = words ? runs(words, trigger) : plain(said.text, trigger, struck);
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

// @ts-check
/** Decisions of the user that are kept as JSON with the workflow, each act with the way back. */

const MOST_UNDOS = 100;

/** A picture's name in decisions: its sha256, with #2 for its second copy. */
export const PICTURE = /^[0-9a-f]{64}(#[1-9][0-9]{0,4})?$/;

export class Decisions {
  /** @param {string} text as `text()` gives it; anything else is no decision */
  constructor(text = "") {
    this.undos = [];
    this.read(text);
  }

  /** @param {string} text */
  read(text) {
    throw new Error(`Cannot read ${text}: each kind of decision reads its own.`);
  }

  /** The decisions as JSON in one spelling; "" when there are none. @returns {string} */
  text() {
    return "";
  }

  /** How many there are. @returns {number} */
  get count() {
    return 0;
  }

  clear(words) {
    this.act(words, () => this.read(""));
  }

  /** One change, to be taken back as one. */
  act(words, change) {
    const before = this.text();
    change();
    if (this.text() === before) return;
    this.undos.push({ before, words });
    this.undos.splice(0, this.undos.length - MOST_UNDOS);
  }

  /** What undo would take back, in words; null when there is nothing. */
  get undoable() {
    return this.undos.at(-1)?.words ?? null;
  }

  undo() {
    const last = this.undos.pop();
    if (last) this.read(last.before);
  }
}

/** What a panel says of a text that holds no decisions, though something is kept; "" where all is well. */
export function refusal(text) {
  return isReadable(text) ? "" : "What is kept on this node cannot be read, so it does not run: press Start afresh to forget it.";
}

function isReadable(text) {
  try {
    return !text.trim() || isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** What a panel says of decisions that it has no pictures for yet; `first` when there are none. */
export function keptWords(count, first) {
  return count ? `${count} decision${count === 1 ? "" : "s"} kept; queue to see ${count === 1 ? "it" : "them"}.` : first;
}

/** The JSON object in a text; {} where there is none. */
export function parsed(text) {
  try {
    const data = JSON.parse(text || "{}");
    return isObject(data) ? data : {};
  } catch {
    return {};
  }
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

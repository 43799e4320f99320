// @ts-check
/** What the user decided about captions: texts by hand, captioners chosen, looks to say or not, and the way back. */

import { MOST_LETTERS } from "./caption_text.js";
import { Decisions, PICTURE, isObject, parsed } from "../shared/decisions.js";

const LOOK = /^[a-z][a-z0-9_ -]{0,47}$/;
const BREAK = /[\r\n]/;
const MOST_SOURCES = 4;

export class CaptionReview extends Decisions {
  read(text) {
    const data = parsed(text);
    this.captions = entries(data.captions, PICTURE, isCaption);
    this.sources = entries(data.sources, PICTURE, isSource);
    this.source = isSource(data.source) ? data.source : 0;
    this.appearance = entries(data.appearance, LOOK, isAppearance);
  }

  /** The decisions as JSON in one spelling; "" when there are none. */
  text() {
    const isEmpty = !this.captions.size && !this.sources.size && !this.source && !this.appearance.size;
    if (isEmpty) return "";
    return JSON.stringify({
      captions: sorted(this.captions),
      sources: sorted(this.sources),
      source: this.source,
      appearance: sorted(this.appearance),
    });
  }

  get count() {
    return this.captions.size + this.sources.size + this.appearance.size + (this.source ? 1 : 0);
  }

  /** Texts by picture as one act; null lets a text by hand go. */
  edit(texts, words) {
    this.act(words, () => {
      for (const [id, text] of texts) {
        if (text === null) this.captions.delete(id);
        else this.captions.set(id, text);
      }
    });
  }

  letGo(words) {
    this.act(words, () => this.captions.clear());
  }

  /** One captioner's text for one picture, in place of a text by hand. */
  use(id, source, words) {
    this.act(words, () => {
      this.captions.delete(id);
      if (source === this.source) this.sources.delete(id);
      else this.sources.set(id, source);
    });
  }

  /** One captioner for every picture; texts by hand stay. */
  useEverywhere(source, words) {
    this.act(words, () => {
      this.source = source;
      this.sources.clear();
    });
  }

  /** Says or leaves out a row of looks; "rules" decides nothing. */
  setLook(row, choice, words) {
    this.act(words, () => {
      if (choice === "rules") this.appearance.delete(row);
      else this.appearance.set(row, choice);
    });
  }
}

function entries(rows, name, isValue) {
  const all = Object.entries(isObject(rows) ? rows : {});
  return new Map(all.filter(([key, value]) => name.test(key) && isValue(value)));
}

function sorted(map) {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isCaption(value) {
  return typeof value === "string" && value.length <= MOST_LETTERS && !BREAK.test(value);
}

function isSource(value) {
  return Number.isInteger(value) && value >= 0 && value < MOST_SOURCES;
}

function isAppearance(value) {
  return value === "omit" || value === "describe";
}

// @ts-check
/** The training pictures as a run learns them: a thumbnail each, how much of it is learned, and what is worth a look. */

import { make, preview } from "../shared/element.js";

const SHORT = { stuck: "stuck", "suspect caption": "caption?", stranger: "stranger?", "near-duplicate": "twin" };

const ENDED = /finished|^Stopped/i;
const NOT_YET = "Each training picture shows here once the run has seen it a few times.";
const TOO_SHORT = "Nothing is told of single pictures: the run was too short for that, or did not watch them.";

export class WatchedPictures {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {(words: string) => void} tell says what a picture is while it is pointed at; "" when it no longer is
   */
  constructor(urlOf, tell) {
    this.urlOf = urlOf;
    this.tell = tell;
    this.tiles = new Map();
    this.pictures = [];
    this.total = 0;
    this.element = make("div", "likeness-watched");
    this.element.dataset.captureWheel = "true";
  }

  /** How many are shown, and how many of them are worth a look, for the button that brings them up. */
  get summary() {
    const looked = this.pictures.filter(({ verdict }) => verdict in SHORT).length;
    return this.pictures.length ? ` ${this.total}${looked ? `, ${looked} to look at` : ""}` : "";
  }

  draw({ pictures = [], pictures_of: total = 0, status = "" }) {
    this.pictures = pictures;
    this.total = total;
    const known = this.tiles;
    this.tiles = new Map();
    pictures.forEach((picture, number) => {
      const key = `${picture.name} ${picture.view?.filename ?? number}`;
      const tile = known.get(key) ?? this.tile(picture);
      this.tiles.set(key, tile);
      tile.fill(picture);
    });
    const more = total - pictures.length;
    const rest = more > 0 ? [make("span", "likeness-watched-rest", `and ${more} more`)] : [];
    const none = make("span", "likeness-watched-rest", ENDED.test(status) ? TOO_SHORT : NOT_YET);
    this.lay([...[...this.tiles.values()].map(({ element }) => element), ...rest, ...(total ? [] : [none])]);
  }

  /** What stays in its place is not moved: it would lose the focus. */
  lay(parts) {
    const focused = /** @type {any} */ (document.activeElement);
    const isHere = this.element.contains(focused);
    if (parts.some((part, number) => part !== this.element.children[number])) this.element.replaceChildren(...parts);
    if (isHere) focused.focus({ preventScroll: true });
  }

  tile(first) {
    const element = make("button", "likeness-watched-tile");
    element.type = "button";
    const bar = make("span", "likeness-learned");
    const part = make("i");
    bar.append(part);
    const words = make("span", "likeness-watched-words");
    element.append(preview(this.urlOf, first), bar, words);
    let said = "";
    for (const event of ["pointerenter", "focus"]) element.addEventListener(event, () => this.tell(said));
    for (const event of ["pointerleave", "blur"]) element.addEventListener(event, () => this.tell(""));
    const fill = ({ name, learned: share, verdict, why }) => {
      const learned = Math.min(Math.max(share, 0), 1);
      said = `${name}: ${why || verdict || "too early to tell"}, ${Math.round(learned * 100)} % learned`;
      element.title = said;
      element.dataset.verdict = verdict in SHORT ? "look" : "";
      part.style.width = `${learned * 100}%`;
      words.textContent = SHORT[verdict] ?? (verdict ? `${Math.round(learned * 100)} %` : "too early");
    };
    return { element, fill };
  }
}

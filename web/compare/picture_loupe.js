// @ts-check
/** A picture larger than its cell: beside it while the pointer is over it, or over everything until it is closed. */

import { make } from "../shared/element.js";

const SIDE = 360;
const GAP = 10;

export class PictureLoupe {
  /** @param {(view: Record<string, string>) => string} urlOf */
  constructor(urlOf) {
    this.urlOf = urlOf;
    this.beside = make("div", "likeness-loupe");
    this.moved = ({ target }) => this.cell?.isConnected && this.cell.contains(target) ? undefined : this.hide();
    this.dialog = make("dialog", "likeness-large");
    this.dialog.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.dialog.remove());
    // The graph would take the keys as its own.
    this.dialog.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /**
   * Beside the panel, where there is room for it: neighbours stay in sight. To be called as the pointer moves: a cell that
   * comes under one that rests was not asked about.
   */
  over(cell, picture, words) {
    if (this.cell === cell && this.beside.isConnected) return;
    this.cell = cell;
    this.beside.replaceChildren(...this.parts(picture, words));
    document.body.append(this.beside);
    // A cell that is redrawn under the pointer tells of no leaving.
    document.addEventListener("pointermove", this.moved, true);
    const [box, panel] = [cell, cell.closest(".likeness-compare") ?? cell].map((each) => each.getBoundingClientRect());
    const places = [panel.right + GAP, panel.left - GAP - SIDE, box.right + GAP, box.left - GAP - SIDE];
    const fits = places.find((left) => left >= 0 && left + SIDE < window.innerWidth);
    this.beside.style.left = `${fits ?? 0}px`;
    const most = Math.max(window.innerHeight - this.beside.offsetHeight - GAP, GAP);
    this.beside.style.top = `${Math.min(Math.max(box.top - SIDE / 3, GAP), most)}px`;
  }

  hide() {
    document.removeEventListener("pointermove", this.moved, true);
    this.beside.remove();
  }

  large(picture, words) {
    this.hide();
    this.dialog.replaceChildren(...this.parts(picture, words));
    document.body.append(this.dialog);
    if (!this.dialog.open) this.dialog.showModal();
  }

  parts(picture, words) {
    const image = make("img");
    image.src = this.urlOf(picture.full ?? picture.small);
    image.alt = words;
    return [image, make("div", "likeness-loupe-words", words)];
  }
}

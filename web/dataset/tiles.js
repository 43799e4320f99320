// @ts-check
/** The contact sheet: one tile a picture, decided on by mouse or by keyboard. */

import { button, make, preview } from "../shared/element.js";

const MARKS = { ready: "✓", attention: "⚠", blocked: "✕" };
const SAID = { ready: "ready", attention: "needs attention", blocked: "blocked" };
const KEYS = { k: "kept", d: "dropped", u: "undecided" };
const HINT = "Arrows move · K keep · D drop · U undecided · A acknowledge · Z undo";

export class Tiles {
  /** @param {any} panel takes the decisions */
  constructor(urlOf, panel) {
    this.urlOf = urlOf;
    this.panel = panel;
    this.items = [];
    this.current = 0;
    this.bar = make("div", "likeness-check-bar");
    this.element = make("div", "likeness-tiles");
    this.element.setAttribute("role", "listbox");
    this.element.setAttribute("aria-label", "Pictures of the dataset");
    this.element.dataset.captureWheel = "true";
    this.detail = make("div", "likeness-detail");
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("focusin", (event) => this.choose(this.indexOf(event.target), false));
    this.element.addEventListener("click", (event) => this.choose(this.indexOf(event.target), true));
  }

  fill(tiles) {
    this.items = tiles.map((tile) => ({ tile, element: this.makeTile(tile) }));
    this.current = Math.min(this.current, Math.max(tiles.length - 1, 0));
    this.element.replaceChildren(...this.items.map(({ element }) => element));
  }

  makeTile(tile) {
    const made = make("div", "likeness-tile");
    made.setAttribute("role", "option");
    made.tabIndex = -1;
    made.append(preview(this.urlOf, tile), make("span", "likeness-mark"), make("span", "likeness-framing", tile.framing));
    const band = make("span", "likeness-band", typeof tile.likeness !== "number" ? "• not measured" : tile.likeness.toFixed(2));
    band.dataset.band = tile.band;
    made.append(band);
    return made;
  }

  /** Draws the decisions on the tiles; `shown` is the set of ids that pass the chips, or null for all. */
  refresh(shown) {
    for (const { tile, element } of this.items) {
      const verdict = this.verdictOf(tile);
      element.hidden = shown !== null && !shown.has(tile.id);
      element.dataset.mark = this.panel.review.markOf(tile.id);
      element.dataset.verdict = verdict;
      element.querySelector(".likeness-mark").textContent = MARKS[verdict];
      element.setAttribute("aria-label", `${tile.name}: ${SAID[verdict]}, ${element.dataset.mark}`);
    }
    this.drawBar();
    this.drawCurrent();
  }

  /** Blocked by an error, attention by a warning that nobody acknowledged, ready without; as the engine says it. */
  verdictOf(tile) {
    if (tile.findings.some(({ level }) => level === "error")) return "blocked";
    const isOpen = ({ level, check }) => level === "warning" && !this.panel.review.isWaived(tile.id, check);
    return tile.findings.some(isOpen) ? "attention" : "ready";
  }

  drawBar() {
    const visible = this.visible();
    const open = visible.filter(({ tile }) => !this.panel.review.isDropped(tile.id));
    const blocked = open.filter(({ tile }) => this.verdictOf(tile) === "blocked");
    const isAll = visible.length === this.items.length;
    const parts = [make("span", "", isAll ? `${visible.length} shown` : `${visible.length} of ${this.items.length} shown`)];
    if (blocked.length) parts.push(this.bulk(`Drop ${blocked.length} blocked`, blocked, "dropped"));
    if (!isAll && open.length) parts.push(this.bulk(`Drop these ${open.length}`, open, "dropped"));
    const dropped = visible.filter(({ tile }) => this.panel.review.isDropped(tile.id));
    if (dropped.length) parts.push(this.bulk(`Bring back ${dropped.length}`, dropped, "undecided"));
    this.bar.replaceChildren(...parts);
  }

  bulk(words, items, mark) {
    const ids = items.map(({ tile }) => tile.id);
    return button("likeness-small", words, "One act: one undo takes it back", () =>
      this.panel.decide((review) => review.mark(ids, mark, words.toLowerCase())),
    );
  }

  visible() {
    return this.items.filter(({ element }) => !element.hidden);
  }

  indexOf(target) {
    const element = target.closest?.(".likeness-tile");
    return this.items.findIndex((item) => item.element === element);
  }

  choose(index, takesFocus) {
    if (index < 0 || index >= this.items.length) return;
    this.current = index;
    this.drawCurrent();
    if (takesFocus) this.items[index].element.focus({ preventScroll: true });
  }

  drawCurrent() {
    this.items.forEach(({ element }, index) => {
      const isCurrent = index === this.current;
      element.tabIndex = isCurrent ? 0 : -1;
      element.setAttribute("aria-selected", String(isCurrent));
    });
    this.drawDetail();
  }

  drawDetail() {
    const tile = this.items[this.current]?.tile;
    if (!tile) return this.detail.replaceChildren(make("span", "", HINT));
    const head = make("div", "likeness-detail-head");
    head.append(make("b", "", tile.name), make("span", "", ` ${tile.size}${tile.split === "held_out" ? " · held out" : ""}`));
    for (const [key, mark] of Object.entries(KEYS)) head.append(this.choice(tile, key, mark));
    const rows = tile.findings.map((finding) => this.finding(tile, finding));
    if (!rows.length) rows.push(make("div", "likeness-finding", "Nothing found."));
    this.detail.replaceChildren(head, ...rows, make("div", "likeness-hint", HINT));
    return undefined;
  }

  choice(tile, key, mark) {
    const words = { kept: "Keep", dropped: "Drop", undecided: "Undecided" }[mark];
    const made = button("likeness-small", words, `Key ${key.toUpperCase()}`, () => this.mark(tile, mark));
    made.setAttribute("aria-pressed", String(this.panel.review.markOf(tile.id) === mark));
    return made;
  }

  finding(tile, { check, level, text }) {
    const row = make("div", "likeness-finding");
    row.dataset.level = level;
    row.append(make("span", "", text));
    if (level !== "warning") return row;
    const isOn = this.panel.review.isWaived(tile.id, check);
    row.classList.toggle("likeness-waived", isOn);
    row.append(
      button("likeness-small", isOn ? "Acknowledged" : "Acknowledge", "Key A; kept with the workflow", () =>
        this.waive(tile, [check], !isOn),
      ),
    );
    return row;
  }

  mark(tile, mark) {
    this.panel.decide((review) => review.mark([tile.id], mark, `${mark} ${tile.name}`));
  }

  waive(tile, checks, isOn) {
    const words = `${isOn ? "acknowledged" : "reopened"} ${checks.join(", ")}`;
    this.panel.decide((review) => review.waive(tile.id, checks, isOn, words));
  }

  /** Keys belong to the tiles while one has the focus: the canvas would delete the node. */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const tile = this.items[this.current]?.tile;
    const moves = { arrowleft: -1, arrowright: 1, arrowup: -this.columns(), arrowdown: this.columns() };
    if (key in moves) this.move(moves[key]);
    else if (key === "home" || key === "end") this.move(key === "home" ? -Infinity : Infinity);
    else if (key === "z") this.panel.undoLast();
    else if (!tile) return;
    else if (key in KEYS) this.mark(tile, KEYS[key]);
    else if (key === "delete" || key === "backspace") this.mark(tile, "dropped");
    else if (key === "a") this.acknowledgeAll(tile);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  acknowledgeAll(tile) {
    const checks = tile.findings.filter(({ level }) => level === "warning").map(({ check }) => check);
    const isOn = checks.some((check) => !this.panel.review.isWaived(tile.id, check));
    if (checks.length) this.waive(tile, checks, isOn);
  }

  move(by) {
    const visible = this.visible();
    const place = visible.findIndex((item) => item === this.items[this.current]);
    const next = visible[Math.min(Math.max(place + by, 0), visible.length - 1)];
    if (!next) return;
    this.choose(this.items.indexOf(next), true);
    next.element.scrollIntoView({ block: "nearest" });
  }

  columns() {
    return Math.max(getComputedStyle(this.element).gridTemplateColumns.split(" ").length, 1);
  }
}

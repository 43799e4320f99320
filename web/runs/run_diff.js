// @ts-check
/** Two runs side by side: what came of each, and every setting, picture and caption that differs. */

import { button, make } from "../shared/element.js";

export class RunDiff {
  /**
   * @param {(path: string) => Promise<any>} ask
   * @param {() => void} back
   */
  constructor(ask, back) {
    this.ask = ask;
    this.element = make("div", "likeness-runs-detail");
    this.title = make("h3", "likeness-runs-title");
    this.body = make("div", "likeness-runs-body");
    this.back = button("", "‹ Runs", "Back to the list", back);
    const head = make("div", "likeness-runs-head");
    head.append(this.back, this.title);
    this.element.append(head, this.body);
  }

  async open(first, second) {
    this.pair = `${first}/${second}`;
    this.title.textContent = "Two runs";
    this.body.replaceChildren(make("div", "", "Reading both…"));
    const told = await this.ask(`/likeness/runs/diff?${new URLSearchParams({ first, second })}`);
    if (this.pair !== `${first}/${second}`) return;
    if (!told || told.fault) {
      this.body.replaceChildren(make("div", "likeness-warning", told?.fault ?? "The host gave no answer; try again."));
      return;
    }
    const note = told.note ? [make("div", "likeness-warning", told.note)] : [];
    const same = `${told.same_settings} settings and ${told.same_pictures} pictures are the same.`;
    this.body.replaceChildren(...note, ...told.parts.map((one) => part(one, told.names)), make("div", "likeness-runs-count", same));
  }
}

function part([title, rows], names) {
  const made = make("details", "likeness-runs-part");
  made.open = true;
  made.append(make("summary", "", title));
  if (!rows.length) {
    made.append(make("div", "", "The same."));
    return made;
  }
  const table = make("table", "likeness-runs-table likeness-runs-two");
  const head = make("tr");
  head.append(make("th"), ...names.map((name) => Object.assign(make("th", "", name), { scope: "col" })));
  table.append(head, ...rows.map(([name, first, second]) => row(name, first, second)));
  made.append(table);
  return made;
}

function row(name, first, second) {
  const made = make("tr");
  const head = make("th", "", name);
  head.scope = "row";
  made.append(head, make("td", "", first), make("td", "", second));
  return made;
}

// @ts-check
/** What the user decided about a dataset: pictures kept and dropped, findings acknowledged, and the way back. */

import { Decisions, PICTURE, isObject, parsed } from "../shared/decisions.js";

const CHECK = /^[a-z][a-z0-9_ -]{0,47}$/;

export class DatasetReview extends Decisions {
  read(text) {
    const data = parsed(text);
    this.marks = new Map([
      ...pictures(data.kept).map((id) => [id, "kept"]),
      ...pictures(data.dropped).map((id) => [id, "dropped"]),
    ]);
    const rows = Object.entries(isObject(data.waived) ? data.waived : {}).filter(([id]) => PICTURE.test(id));
    this.waived = new Map(rows.map(([id, list]) => [id, new Set(checks(list))]));
    this.waivedOfSet = new Set(checks(data.waived_of_set));
  }

  /** The decisions as JSON in one spelling; "" when there are none. */
  text() {
    const marked = (mark) => [...this.marks].filter(([, value]) => value === mark).map(([id]) => id).sort();
    const waived = [...this.waived].filter(([, set]) => set.size).sort(([a], [b]) => (a < b ? -1 : 1));
    const data = {
      kept: marked("kept"),
      dropped: marked("dropped"),
      waived: Object.fromEntries(waived.map(([id, set]) => [id, [...set].sort()])),
      waived_of_set: [...this.waivedOfSet].sort(),
    };
    const isEmpty = !data.kept.length && !data.dropped.length && !waived.length && !data.waived_of_set.length;
    return isEmpty ? "" : JSON.stringify(data);
  }

  get count() {
    const waived = [...this.waived.values()].reduce((sum, checks) => sum + checks.size, 0);
    return this.marks.size + waived + this.waivedOfSet.size;
  }

  markOf(id) {
    return this.marks.get(id) ?? "undecided";
  }

  isDropped(id) {
    return this.marks.get(id) === "dropped";
  }

  isWaived(id, check) {
    return this.waived.get(id)?.has(check) ?? false;
  }

  /** Marks pictures kept, dropped or undecided as one act. */
  mark(ids, mark, words) {
    this.act(words, () => {
      for (const id of ids) {
        if (mark === "undecided") this.marks.delete(id);
        else this.marks.set(id, mark);
      }
    });
  }

  /** Acknowledges a check of a picture, or takes that back. */
  waive(id, list, isOn, words) {
    this.act(words, () => {
      const set = this.waived.get(id) ?? new Set();
      for (const check of list) isOn ? set.add(check) : set.delete(check);
      this.waived.set(id, set);
    });
  }

  waiveOfSet(check, isOn, words) {
    this.act(words, () => (isOn ? this.waivedOfSet.add(check) : this.waivedOfSet.delete(check)));
  }
}

function pictures(list) {
  return Array.isArray(list) ? list.filter((id) => typeof id === "string" && PICTURE.test(id)) : [];
}

function checks(list) {
  return Array.isArray(list) ? list.filter((name) => typeof name === "string" && CHECK.test(name)) : [];
}

// @ts-check
/** The recipe node: its widgets in groups, each showing what will be used; what is saved is what was told. */

import { api } from "../../../scripts/api.js";
import { ShownWidget } from "./shown_widget.js";

const PATH = "/likeness/recipe";
const WIDTH = 360;
const PAUSE = 60;

/** What the host knows of recipes; null until it has said so, and nodes stay plain then. */
let table = null;

/** Ask once, before the first workflow is opened. */
export async function loadRecipes() {
  try {
    const answer = await api.fetchApi(PATH);
    if (answer.ok) table = await answer.json();
  } catch (fault) {
    console.warn("Likeness: the recipe node shows its values as they are saved, as the host did not answer.", fault);
  }
}

/** Takes a new recipe node over. */
export function showRecipe(node) {
  if (table && node.widgets?.some(({ name }) => name === "preset")) new RecipeNode(node, table);
}

class RecipeNode {
  constructor(node, known) {
    Object.assign(this, { node, known });
    this.asked = 0;
    this.busy = false;
    this.saved = node.widgets.filter((widget) => widget.serialize !== false).map(({ name }) => name);
    this.preset = node.widgets.find(({ name }) => name === "preset");
    this.shown = new Map();
    for (const widget of node.widgets) {
      if (!(widget.name in known.unset)) continue;
      this.shown.set(widget.name, new ShownWidget(node, widget, known.unset[widget.name], known.zero[widget.name]));
    }
    for (const widget of node.widgets) this.listen(widget);
    arrange(node, known.groups);
    this.keepSavedOrder();
    this.offerWayBack();
    node.setSize([Math.max(node.size[0], WIDTH), node.size[1]]);
    this.follow(true);
  }

  listen(widget) {
    const changed = widget.callback;
    widget.callback = (...told) => {
      const result = changed?.apply(widget, told);
      if (!this.busy) this.follow(widget === this.preset);
      return result;
    };
  }

  /** A text's widget calls back when we write it ourselves. */
  quietly(write) {
    const before = this.busy;
    this.busy = true;
    try {
      write();
    } finally {
      this.busy = before;
    }
  }

  /** What the workflow holds is in the order and with the values that it always had. */
  keepSavedOrder() {
    const { node } = this;
    const { configure, onSerialize, onConnectionsChange } = node;
    node.configure = (info) => {
      for (const shown of this.shown.values()) shown.forget();
      this.quietly(() => configure.call(node, this.inShownOrder(info)));
      this.follow(true);
    };
    node.onSerialize = (data) => {
      onSerialize?.call(node, data);
      if (!data.widgets_values) return;
      data.widgets_values = this.saved.map((name) => this.stored(name));
      if (data.widgets_values_named) {
        data.widgets_values_named = Object.fromEntries(this.saved.map((name) => [name, this.stored(name)]));
      }
    };
    node.onConnectionsChange = (...change) => {
      const result = onConnectionsChange?.apply(node, change);
      if (!this.busy) this.follow(false);
      return result;
    };
  }

  inShownOrder(info) {
    if (!Array.isArray(info?.widgets_values)) return info;
    const held = new Map(this.saved.map((name, place) => [name, info.widgets_values[place]]));
    const order = this.node.widgets.filter((widget) => widget.serialize !== false);
    return { ...info, widgets_values: order.map(({ name }) => held.get(name) ?? this.known.unset[name]) };
  }

  stored(name) {
    const widget = this.node.widgets.find((each) => each.name === name);
    return this.shown.get(name)?.stored ?? widget?.value ?? null;
  }

  /** Show what is used now; the host is asked where something was told, as it may bring more along. */
  follow(refills) {
    const number = ++this.asked;
    const told = this.told();
    const known = this.known.presets[this.preset.value];
    if (!known) return this.reset(false);
    if (refills || !Object.keys(told).length) this.show(known, refills);
    else this.keep(known);
    if (!Object.keys(told).length) return;
    const question = { preset: this.preset.value, values: told };
    setTimeout(() => number === this.asked && this.ask(question, number, refills), refills ? 0 : PAUSE);
  }

  /** What is told: by hand, or by a wire whose number is in sight. */
  told() {
    const told = {};
    for (const [name, shown] of this.shown) {
      const value = shown.isLinked ? shown.wired : shown.isLeft ? undefined : shown.widget.value;
      if (value !== undefined && value !== shown.unset) told[name] = value;
    }
    return told;
  }

  async ask(question, number, refills) {
    try {
      const answer = await api.fetchApi(PATH, { method: "POST", body: JSON.stringify(question) });
      const { values } = answer.ok ? await answer.json() : {};
      if (values && number === this.asked) this.show(values, refills);
    } catch (fault) {
      console.warn("Likeness: the host did not answer what the recipe makes of these numbers.", fault);
    }
  }

  show(values, refills) {
    const preset = this.known.presets[this.preset.value];
    this.quietly(() => {
      for (const [name, shown] of this.shown) {
        const used = values[name] ?? (shown.isLeft ? preset[name] : undefined);
        shown.show(used?.value, this.mark(name, used?.mark), refills);
      }
    });
    this.node.setDirtyCanvas?.(true, true);
  }

  /** Until the host has answered: what was shown, and what the preset says of a widget that was just given back. */
  keep(preset) {
    this.quietly(() => {
      for (const [name, shown] of this.shown) {
        if (!shown.isLeft) shown.show(undefined, "", false);
        else shown.show(shown.used ?? preset[name].value, shown.mark || this.mark(name, preset[name].mark), false);
      }
    });
  }

  /** A wire whose value is not in sight may decide otherwise; the mark says so. */
  mark(name, words = "") {
    if (words !== "preset") return words;
    if (this.isLinked("preset")) return `if ${this.preset.value}`;
    const by = (this.known.brings[name] ?? []).find((each) => this.shown.get(each)?.isBlind);
    return by ? `unless by ${by}` : words;
  }

  isLinked(name) {
    return Boolean(this.node.inputs?.some((input) => input.widget?.name === name && input.link != null));
  }

  offerWayBack() {
    const { node } = this;
    const { getExtraMenuOptions } = node;
    node.getExtraMenuOptions = (canvas, options) => {
      const result = getExtraMenuOptions?.call(node, canvas, options);
      const back = { content: "All as the preset", callback: () => this.reset(true) };
      if ([...this.shown.values()].some((shown) => !shown.isLeft)) options.unshift(back, null);
      return result;
    };
  }

  /** Leave everything to the preset: by the menu, or only what was left already where no such preset is known. */
  reset(everything) {
    this.quietly(() => {
      for (const shown of this.shown.values()) if (everything || shown.isLeft) shown.reset();
    });
    if (!everything) return;
    this.follow(true);
    this.node.graph?.incrementVersion?.();
  }
}

/** Groups under headings; the widgets that are always in sight stay first, without one. */
function arrange(node, groups) {
  const byName = new Map(node.widgets.map((widget) => [widget.name, widget]));
  const order = [byName.get("preset")];
  for (const [title, names] of groups) {
    if (title) order.push(heading(node, title));
    order.push(...names.map((name) => byName.get(name)));
  }
  const placed = new Set(order);
  const rest = node.widgets.filter((widget) => !placed.has(widget));
  node.widgets.splice(0, node.widgets.length, ...[...order, ...rest].filter(Boolean));
}

function heading(node, title) {
  const element = document.createElement("div");
  element.className = "likeness-group";
  element.textContent = title;
  const widget = node.addDOMWidget(`likeness_group_${title}`, "likeness_group", element, {
    serialize: false,
    hideOnZoom: false,
    hideInPanel: true,
    advanced: true,
    margin: 0,
    getMinHeight: () => 22,
    getMaxHeight: () => 22,
  });
  widget.serialize = false;
  return widget;
}

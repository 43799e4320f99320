// @ts-check
/** A widget that shows the value which will be used, and stores the one that leaves it to the preset. */

/**
 * Numbers and texts hold the used value themselves, so that a drag or an edit starts from it; a list keeps its own value
 * and shows the used one in its place.
 */
export class ShownWidget {
  /**
   * @param {any} node
   * @param {any} widget
   * @param {any} unset The value that leaves the widget to the preset; undefined where there is none.
   * @param {string} zero What a 0 in it stands for, where that is no amount.
   */
  constructor(node, widget, unset, zero = "") {
    Object.assign(this, { node, widget, unset, zero });
    /** What the host calls it: its id, or words in the language of the page. */
    this.own = widget.label || widget.name;
    this.used = undefined;
    this.mark = "";
    /** Shown for the first option of a list while nobody knows what it comes to. */
    this.plain = "preset";
    if (this.isList) {
      widget.options.getOptionLabel = (value) => this.optionLabel(value);
    } else {
      const own = widget.serializeValue;
      if (unset !== undefined) widget.serializeValue = (...place) => (this.isLeft ? this.unset : (own?.apply(widget, place) ?? widget.value));
    }
    this.overrideClassicText();
  }

  get isList() {
    return Array.isArray(this.widget.options?.values);
  }

  /** Whether the widget is left to the preset. */
  get isLeft() {
    const { value } = this.widget;
    if (value === this.unset || value === null || value === undefined) return true;
    if (typeof value === "number" && this.unset === -1 && value < 0) return true;
    return !this.isList && this.used !== undefined && value === this.used;
  }

  /** What is saved with the workflow. */
  get stored() {
    return this.isLeft ? this.unset : this.widget.value;
  }

  get isLinked() {
    return Boolean(this.input && this.input.link !== null && this.input.link !== undefined);
  }

  /** The number that a wire brings, where the node it is from holds it in a widget. */
  get wired() {
    if (!this.isLinked || this.node.graph === null) return undefined;
    const from = this.node.getInputNode?.(this.node.inputs.indexOf(this.input));
    const value = from?.widgets?.length ? from.widgets[0].value : undefined;
    return typeof value === typeof this.unset ? value : undefined;
  }

  /** Whether a wire decides what nobody sees before the run. */
  get isBlind() {
    return this.isLinked && this.wired === undefined;
  }

  get input() {
    return this.node.inputs?.find((input) => input.widget?.name === this.widget.name);
  }

  /** Whoever loads a workflow into the widget calls this first: what it holds then is what was saved. */
  forget() {
    this.used = undefined;
  }

  /** Leave it to the preset. */
  reset() {
    this.used = undefined;
    this.mark = "";
    this.widget.value = this.unset;
    this.relabel();
  }

  /**
   * Show what is used where the widget is left to the preset.
   * @param {any} used
   * @param {string} mark Where the value is from, or that it is not used: "preset", "from rank".
   * @param {boolean} refills Whether an emptied text is filled again; not under somebody's hands.
   */
  show(used, mark, refills) {
    this.mark = mark;
    if (this.isLeft && used !== undefined) {
      const emptied = typeof this.unset === "string" && this.widget.value === "" && !refills;
      this.used = used;
      if (!this.isList && !emptied) this.widget.value = used;
    } else {
      this.used = undefined;
    }
    this.relabel();
  }

  /** The second renderer redraws a row when its label changes, so a list's label changes with what its options show. */
  relabel() {
    const name = this.input?.label || this.own;
    if (this.isLinked) this.widget.label = name;
    else if (this.isList) this.widget.label = this.widget.label === name ? `${name} ` : name;
    else this.widget.label = [name, this.words].filter(Boolean).join(", ");
  }

  /** What stands beside the number: "preset", "by steps, preset". */
  get words() {
    return [this.isZero ? this.zero : "", this.mark].filter(Boolean).join(", ");
  }

  get isZero() {
    return this.widget.value === 0 && Boolean(this.zero);
  }

  optionLabel(value) {
    const isOwn = value !== this.unset && value !== null && value !== undefined;
    if (isOwn) return value === this.widget.value && this.mark ? `${value}, ${this.mark}` : String(value);
    return this.isLeft && this.used !== undefined ? [this.used, this.mark].filter(Boolean).join(", ") : this.plain;
  }

  /** The classic renderer has room beside the value; the label stays bare there. */
  overrideClassicText() {
    const { widget } = this;
    const native = (key) => Reflect.get(Object.getPrototypeOf(widget), key, widget);
    Object.defineProperty(widget, "displayName", {
      configurable: true,
      get: () => this.input?.label || this.own,
    });
    if (this.isList) return;
    Object.defineProperty(widget, "_displayValue", {
      configurable: true,
      get: () => {
        const text = native("_displayValue");
        if (!text) return text;
        return [this.isZero ? this.zero : text, this.mark].filter(Boolean).join(", ");
      },
    });
  }
}

// @ts-check
/** Acts on every caption shown: find and replace, add a tag, remove a tag. A button carries how many it will change. */

import { button, make } from "../shared/element.js";
import { replaced, withTags, withoutTags } from "./caption_text.js";

export class Bulk {
  /** @param {any} panel takes the decisions */
  constructor(panel) {
    this.panel = panel;
    this.find = this.input("Find", "Find this text, as it is spelled");
    this.by = this.input("Replace with", "Replace it with this text");
    this.tag = this.input("Tag", "A tag to add or to remove; several between commas");
    this.replace = this.act("Replace", "Replaces the text in every caption shown; one undo takes it back", (text) =>
      replaced(text, this.find.value, this.by.value),
    );
    this.add = this.act("Add", "Adds the tag at the end of every caption shown that lacks it", (text) =>
      withTags(text, this.tag.value),
    );
    this.remove = this.act("Remove", "Removes the tag from every caption shown, however it is cased", (text) =>
      withoutTags(text, this.tag.value),
    );
    this.element = make("div", "likeness-caption-bulk");
    const replacing = make("span", "likeness-caption-act");
    replacing.append(this.find, this.by, this.replace.button);
    const tagging = make("span", "likeness-caption-act");
    tagging.append(this.tag, this.add.button, this.remove.button);
    this.element.append(replacing, tagging);
  }

  input(placeholder, label) {
    const made = make("input", "likeness-caption-input");
    made.type = "text";
    made.placeholder = placeholder;
    made.title = label;
    made.setAttribute("aria-label", label);
    made.addEventListener("input", () => this.refresh());
    return made;
  }

  act(verb, title, change) {
    const made = { verb, change, button: button("likeness-small", verb, title, () => this.run(made)) };
    return made;
  }

  run(act) {
    this.panel.table.editor.keep();
    const texts = this.panel.changed(act.change);
    if (texts.size) this.panel.edit(texts, this.wordsOf(act, texts.size).toLowerCase());
  }

  refresh() {
    const { find, tag } = this;
    for (const [act, input] of [[this.replace, find], [this.add, tag], [this.remove, tag]]) {
      const count = input.value && this.panel.state ? this.panel.changed(act.change).size : 0;
      act.button.disabled = count === 0;
      act.button.textContent = input.value ? this.wordsOf(act, count) : act.verb;
    }
  }

  wordsOf({ verb }, count) {
    return `${verb} ${{ Replace: "in", Add: "to", Remove: "from" }[verb]} ${count}`;
  }
}

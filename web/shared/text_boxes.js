// @ts-check
/** Boxes for text of several lines are as high as their text, within reason; in the classic renderer by their layout. */

const LINE = 13;
const LETTER = 6.2;
const MARGIN = 30;
const LEAST = 3;
const MOST = 12;

export function growTextBoxes(node) {
  for (const widget of node.widgets ?? []) {
    if (widget.element?.tagName !== "TEXTAREA") continue;
    widget.options.getMinHeight = () => heightOf(String(widget.value ?? ""), node.size[0] - MARGIN);
  }
}

/** In pixels, for a text in a box of that width. */
export function heightOf(text, width) {
  const letters = Math.max(Math.floor(width / LETTER), 20);
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(Math.ceil(line.length / letters), 1), 0);
  return Math.min(Math.max(lines, LEAST), MOST) * LINE + 16;
}

// @ts-check
/**
 * Folds what is advanced in the classic renderer. It folds only widgets that say so themselves, and its layout keeps
 * room for folded ones unless they are hidden too; its menu's "Show Advanced" unfolds them.
 */

export function foldAdvanced(node) {
  const advanced = (node.widgets ?? []).filter((widget) => widget.options?.advanced);
  if (!advanced.length) return;
  const isFolded = () => !window.LiteGraph.vueNodesMode && !node.showAdvanced;
  for (const widget of advanced) {
    widget.advanced = true;
    Object.defineProperty(widget, "hidden", { configurable: true, get: isFolded, set: () => {} });
    hideWhile(widget, isFolded);
  }
  node.setSize([node.size[0], node.computeSize()[1]]);
}

/** Newer frontends ask a widget for its `visibility` where older ones ask whether it is hidden. */
function hideWhile(widget, isFolded) {
  if (!widget.visibility) return;
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(widget), "visibility");
  const usual = own?.get ? () => own.get?.call(widget) : constant(widget.visibility);
  Object.defineProperty(widget, "visibility", {
    configurable: true,
    get: () => (isFolded() ? suppressed(usual()) : usual()),
  });
}

function suppressed(visibility) {
  return { ...visibility, suppression: { ...visibility.suppression, byExtension: true } };
}

function constant(value) {
  return () => value;
}

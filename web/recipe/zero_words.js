// @ts-check
/** Numbers whose 0 is no amount: the word for it is shown in its place, or beside it where there is no room. */

import { ShownWidget } from "./shown_widget.js";

const WORDS = {
  LikenessChooseCheckpoint: { step: "recommended", strength: "recommended" },
  LikenessCompareCheckpoints: { seeds: "as the prompts have", size: "what suits", steps: "what suits" },
  LikenessScoreImages: { least: "by the references" },
  LikenessBalance: { seeds: "as the prompts have", size: "as compared", steps: "as compared" },
  LikenessTrainOrZeroShot: { card: "this machine's" },
  LikenessDemoCharacter: { number: "Sage" },
};

/** Takes the numbers of a new node over, where it has such. */
export function nameZeros(node) {
  const shown = (node.widgets ?? [])
    .filter(({ name }) => WORDS[node.comfyClass]?.[name])
    .map((widget) => new ShownWidget(node, widget, undefined, WORDS[node.comfyClass][widget.name]));
  if (!shown.length) return;
  const relabel = () => shown.forEach((each) => each.relabel());
  for (const { widget } of shown) {
    const changed = widget.callback;
    widget.callback = (...told) => {
      const result = changed?.apply(widget, told);
      relabel();
      return result;
    };
  }
  const configured = node.onConfigure;
  node.onConfigure = (info) => {
    const result = configured?.call(node, info);
    relabel();
    return result;
  };
  relabel();
}

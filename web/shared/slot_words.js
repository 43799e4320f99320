// @ts-check
/** Sockets that grow are named by their place by the host (other_0): they get words, where no locale has any. */

const WORDS = {
  LikenessMixDatasets: [/^datasets\.(dataset_(\d+))$/, "dataset"],
  LikenessReviewCaptions: [/^others\.(other_(\d+))$/, "other captions"],
};

/** Takes the sockets of a new node over, and those that it grows. */
export function nameSlots(node) {
  if (!WORDS[node.comfyClass]) return;
  const nameAll = () => (node.inputs ?? []).forEach((slot) => name(slot, WORDS[node.comfyClass]));
  for (const verb of ["addInput", "onConfigure"]) {
    const own = node[verb];
    node[verb] = function (...told) {
      const result = own?.apply(node, told);
      nameAll();
      return result;
    };
  }
  nameAll();
}

function name(slot, [pattern, word]) {
  const found = pattern.exec(slot.name ?? "");
  if (!found) return;
  const words = `${word} ${Number(found[2]) + 1}`;
  const isBare = (called) => [undefined, slot.name, found[1]].includes(called);
  if (isBare(slot.localized_name)) slot.localized_name = words;
  // Older pages write the bare name into the label, which goes before; what a user wrote there stays.
  if (slot.label && isBare(slot.label)) slot.label = words;
}

// @ts-check
/** How large a node is when it is added: wide enough to read what it shows. A saved node keeps its own size. */

const USUAL = [320, 0];
const SIZES = {
  LikenessCheckDataset: [640, 780],
  LikenessCropDataset: [460, 560],
  LikenessFillGaps: [560, 0],
  LikenessMakeStyleVariants: [600, 0],
  LikenessReviewCaptions: [760, 780],
  LikenessTrainCharacterLora: [480, 640],
  LikenessPlanRun: [620, 860],
  LikenessDiffRuns: [620, 860],
  LikenessCompareCheckpoints: [680, 820],
  LikenessChooseCheckpoint: [560, 640],
  LikenessAdviseNextRun: [480, 360],
  LikenessScoreImages: [480, 620],
  LikenessCheckLora: [560, 460],
  LikenessCheckInstallation: [480, 560],
  LikenessCleanUp: [560, 460],
  LikenessReadFace: [400, 680],
  LikenessCheckMotion: [480, 0],
  LikenessApplyIdentity: [380, 520],
  LikenessBalance: [680, 860],
  LikenessTrainOrZeroShot: [480, 460],
};

export function giveSize(node) {
  const [width, height] = SIZES[node.comfyClass] ?? USUAL;
  const wide = Math.max(width, node.computeSize()[0], node.size[0]);
  node.setSize([wide, node.size[1]]);
  // Text boxes are lower in a wider node.
  node.setSize([wide, Math.max(height, node.computeSize()[1])]);
}

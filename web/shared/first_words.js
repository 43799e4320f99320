// @ts-check
/** What a node says before it has run: what will show on it. */

const SHOWS = {
  LikenessDemoBaseModel: "what to draw with it is told here.",
  LikenessDemoCharacter: "the pictures show here.",
  LikenessCheckInstallation: "it takes a minute or two; what works on this machine shows here.",
  LikenessCleanUp: "what is kept on the disk, and what of it may go, shows here.",
  LikenessLoadCharacterDataset: "what the folder holds, and what in it cannot be used, is told here.",
  LikenessImagesToDataset: "the pictures show here, and what is held out.",
  LikenessCropDataset: "the boxes on the originals show here.",
  LikenessPickImages: "what is picked, and why others are not, shows here.",
  LikenessFillGaps: "pictures show here as they are drawn.",
  LikenessMakeStyleVariants: "pictures show here as they are drawn.",
  LikenessMixDatasets: "how often each picture is shown is told here.",
  LikenessSaveDataset: "where the files lie is told here.",
  LikenessDatasetToImages: "how many pictures come out is told here.",
  LikenessTagWithWd14: "how many pictures are tagged is told here.",
  LikenessCaptionWithJoyCaption: "how many pictures are described is told here.",
  LikenessUseCaptions: "how many captions are taken is told here.",
  LikenessApplyCaptionRules: "how many captions change is told here.",
  LikenessChooseBaseModel: "what the file is, is told here.",
  LikenessTrainingRecipe: "what will be used is told here.",
  LikenessImportRecipe: "what is taken over, and what has no place, is told here.",
  LikenessExportRecipe: "where the file lies is told here.",
  LikenessDiffRuns: "what differs between the two runs shows here.",
  LikenessAdviseNextRun: "what is wrong, and what to change, is told here.",
  LikenessScoreImages: "accepted and rejected pictures show here.",
  LikenessCheckLora: "what the file changes shows here.",
  LikenessApplyCharacterLora: "what is put on the model is told here.",
  LikenessCheckMotion: "whether the face holds shows here, frame by frame.",
  LikenessReadFace: "the faces that are found show here.",
  LikenessLoadIdentity: "which adapters know it is told here.",
  LikenessLoadIdentityAdapter: "which file is taken, or what is missing, is told here.",
  LikenessApplyIdentity: "which adapter acts, and how strongly, is told here.",
  LikenessInstantIdConditioning: "the points of the face show here.",
  LikenessApplyReference: "what the reference does is told here.",
  LikenessTrainOrZeroShot: "which way to take, and why, is told here.",
  LikenessBalance: "pictures show here as they are drawn.",
};

export function firstWords(kind) {
  return `Not run yet: ${SHOWS[kind] ?? "what comes of it is told here."}`;
}

// @ts-check
/** What a picture's caption is with the decisions made since the run: its text, who wrote it, and its words to draw. */

/**
 * @typedef {object} EffectiveCaption
 * @property {string} text
 * @property {string} author "" where only the next run can say it
 * @property {number} source
 * @property {boolean} isEdited
 * @property {[string, string][] | null} words null where there is nothing to compare
 * @property {Set<string>} [tags] once they were asked for
 */

/**
 * @param {any} row of the state
 * @param {import("./caption_review.js").CaptionReview} review
 * @returns {EffectiveCaption}
 */
export function effectiveCaption(row, review) {
  const theirs = captionerOf(row, review);
  const text = review.captions.get(row.id);
  if (text === undefined) return theirs;
  const words = row.edited && text === row.caption ? row.words : null;
  return { text, author: "hand", source: theirs.source, isEdited: true, words };
}

/** What it is without a text by hand of this review. @returns {EffectiveCaption} */
export function captionerOf(row, review) {
  const source = sourceOf(row, review);
  if (!row.edited && source === row.source) {
    return { text: row.caption, author: row.author, source, isEdited: false, words: row.words };
  }
  return { text: row.texts?.[source] ?? "", author: "", source, isEdited: false, words: null };
}

/** The captioner chosen for a picture, or the first where that one has no words for it. */
function sourceOf(row, review) {
  const chosen = review.sources.get(row.id) ?? review.source;
  return row.texts?.[chosen] ? chosen : 0;
}

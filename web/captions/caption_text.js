// @ts-check
/** Captions as text: one line, the tags between its commas, and phrases of its sentences. */

export const MOST_LETTERS = 20_000;
const GAPS = /[\s\x1c-\x1f\x85]+/g;

/** As the engine reads a caption: breaks and longer gaps are one space. */
export function oneLine(text) {
  return text.replace(GAPS, " ").trim();
}

/** A tag as it is compared: without case, `_` is a space. */
export function spelled(tag) {
  return tag.toLowerCase().replace(/[\s_]+/g, " ").trim();
}

export function tagsOf(text) {
  return text.split(",").map(spelled).filter(Boolean);
}

function hasTag(text, tag) {
  return tagsOf(text).includes(spelled(tag));
}

/** The text with those of the tags that it lacks, at its end. */
export function withTags(text, tags) {
  const had = new Set(tagsOf(text));
  const lacks = tags.split(",").map((tag) => tag.trim()).filter((tag) => tag && !had.has(spelled(tag)));
  return lacks.length ? [text.replace(/[\s,.]+$/, ""), ...lacks].filter(Boolean).join(", ") : text;
}

export function withoutTags(text, tags) {
  const unwanted = new Set(tagsOf(tags));
  const parts = text.split(",").map((part) => part.trim());
  const left = parts.filter((part) => !unwanted.has(spelled(part)));
  return left.length === parts.length ? text : left.filter(Boolean).join(", ");
}

/** Every `find` as it is spelled; neither side is a pattern. */
export function replaced(text, find, by) {
  return find ? oneLine(text.split(find).join(by)) : text;
}

/** The text cut at a tag of it, or where it has no such tag at the words of a sentence: [piece, whether it is that]. */
export function piecesOf(text, fragment) {
  const isIt = (part) => spelled(part) === spelled(fragment);
  if (hasTag(text, fragment)) return text.split(/(\s*,\s*)/).map((part) => [part, isIt(part)]);
  return text.split(phrase(fragment)).map((part, place) => [part, place % 2 === 1]);
}

/** The text without a fragment, a tag or words of a sentence; what is left closes up. */
export function withoutFragment(text, fragment) {
  if (hasTag(text, fragment)) return withoutTags(text, fragment);
  const left = text.split(phrase(fragment)).filter((_, place) => place % 2 === 0);
  return left.length === 1 ? text : left.join("").replace(/\s{2,}/g, " ").replace(/\s+(?=[,.;:!?])/g, "").trim();
}

/** Whole words, with any gaps between them; the one group makes `split` keep what it found. */
export function phrase(words) {
  const parts = spelled(words).split(" ").map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}])(${parts.join("[\\s_]+")})(?![\\p{L}\\p{N}])`, "iu");
}

export function joined(text, word) {
  return text && word !== "," ? `${text} ${word}` : text + word;
}

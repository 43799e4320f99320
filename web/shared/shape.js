// @ts-check
/** Holds what a node tells against what its panel reads: a page older than the pack, or a run in the history, may differ. */

const OTHER = "This result comes from another version of Likeness than this page. Reload the page, then run the node again";

/** A shape tells the first place at which a value is of another, "" where there is none. @typedef {(value: any, place: string) => string} Shape */

/** @type {Shape} */
export const text = (value, place) => (typeof value === "string" ? "" : place);

/** @type {Shape} */
export const number = (value, place) => (Number.isFinite(value) ? "" : place);

/** @type {Shape} Words or a number, shown as they are. */
export const shown = (value, place) => (["string", "number", "boolean"].includes(typeof value) ? "" : place);

/** @type {(shape: Shape) => Shape} */
export const maybe = (shape) => (value, place) => (value === null || value === undefined ? "" : shape(value, place));

/** @type {(shape: Shape) => Shape} May be left out, but not empty. */
export const optional = (shape) => (value, place) => (value === undefined ? "" : shape(value, place));

/** @type {(shape: Shape) => Shape} */
export const list = (shape) => (value, place) => (Array.isArray(value) ? first(value.map((each, at) => shape(each, `${place}[${at}]`))) : place);

/** @type {(...shapes: Shape[]) => Shape} A list of so many; more than that are not read. */
export const row =
  (...shapes) =>
  (value, place) =>
    Array.isArray(value) ? first(shapes.map((shape, at) => shape(value[at], `${place}[${at}]`))) : place;

/** @type {(shapes: Record<string, Shape>) => Shape} Fields of other names are not read. */
export const fields = (shapes) => (value, place) =>
  isObject(value) ? first(Object.entries(shapes).map(([name, shape]) => shape(value[name], place ? `${place}.${name}` : name))) : place || "it";

/** @type {(shape: Shape) => Shape} Whatever its names. */
export const map = (shape) => (value, place) =>
  isObject(value) ? first(Object.entries(value).map(([name, each]) => shape(each, `${place}.${name}`))) : place;

/** @type {Shape} As the host's /view takes it. */
export const view = map(text);

/** @type {Shape} */
export const finding = fields({ check: text, level: text, text });

/**
 * What a panel was told, or null: then it was told nothing, or has said that it cannot read it.
 * @param {{ say(words: string, isFault: boolean): void }} panel
 * @param {any} told
 * @param {Shape} shape
 */
export function readable(panel, told, shape) {
  if (told === null || told === undefined) return null;
  const place = shape(told, "");
  if (!place) return told;
  panel.say(`${OTHER} (at ${place}).`, true);
  return null;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function first(places) {
  return places.find(Boolean) ?? "";
}

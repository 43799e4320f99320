// @ts-check
/** A measured value with its interval as a bar on the scale of all columns. */

import { make } from "../shared/element.js";

export function measureCell(interval, measure, ends) {
  const cell = make("td", "likeness-measure", said(interval?.[0], measure.unit));
  if (!interval) return cell;
  const [low, high] = ends;
  const part = (value) => (100 * (value - low)) / (high - low);
  const [value, from, to] = interval.map(part);
  const bar = make("span", "likeness-measure-bar");
  const range = make("i");
  range.style.left = `${from}%`;
  range.style.width = `${Math.max(to - from, 2)}%`;
  const middle = make("b");
  middle.style.left = `${value}%`;
  bar.append(range, middle);
  cell.append(bar);
  cell.title = `${measure.title} ${said(interval[0], measure.unit)} (${said(interval[1], measure.unit)} to ${said(interval[2], measure.unit)}). ${measure.says}`;
  return cell;
}

/** The ends of a measure's scale: 0 to 1, and further where intervals reach further. */
export function endsOf(columns, { name, unit }) {
  const bounds = columns.flatMap(({ measures }) => measures[name]?.slice(1) ?? []);
  const low = Math.min(0, ...bounds);
  return [low, Math.max(unit === "degrees" ? low + 1e-9 : 1, ...bounds)];
}

function said(value, unit) {
  if (value === undefined || value === null) return "–";
  if (unit === "percent") return `${Math.round(100 * value)}%`;
  // Nothing is said to be below zero that is not.
  return unit === "degrees" ? `${Math.round(value)}°` : (Math.round(100 * value) / 100 + 0).toFixed(2);
}

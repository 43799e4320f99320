// @ts-check
/** Sizes, ages and steps in few words. */

const UNITS = [
  ["GB", 1e9, 1],
  ["MB", 1e6, 0],
  ["kB", 1e3, 0],
];

export function sizeWords(bytes) {
  const unit = UNITS.find(([, least]) => bytes >= Number(least));
  return unit ? `${(bytes / Number(unit[1])).toFixed(Number(unit[2]))} ${unit[0]}` : `${bytes} B`;
}

/** How long ago a time in seconds since 1970 was. */
export function ageWords(at, now = Date.now() / 1000) {
  const minutes = Math.max(now - at, 0) / 60;
  if (minutes < 1.5) return "just now";
  if (minutes < 90) return `${Math.round(minutes)} min ago`;
  if (minutes < 36 * 60) return `${Math.round(minutes / 60)} h ago`;
  if (minutes < 60 * 24 * 60) return `${Math.round(minutes / 60 / 24)} days ago`;
  return new Date(at * 1000).toISOString().slice(0, 10);
}

/** What a list says of a run beside its name. */
export function runFacts(run) {
  if (run.fault) return [sizeWords(run.bytes), ageWords(run.at)];
  const likeness = run.likeness === null ? [] : [`likeness ${run.likeness.toFixed(2)}`];
  return [`${run.step} of ${run.steps}`, ...likeness, sizeWords(run.bytes), ageWords(run.at)];
}

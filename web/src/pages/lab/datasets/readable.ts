// What will be readable of a table, before anything is computed from members' data: estimates from its size and noise alone.

const LEAST_COUNT = 11; // a smaller count is hidden, however precise
const EMPTY_SHOWN = 0.05; // the chance that a table shows at least one of its empty cells
const PRECISE_COUNT = 4; // a count of at least so many margins is precise
const MARGIN = 1.96; // standard deviations

/** About the smallest count that is shown in a table of so many cells: see `Reliability` in the SDL. */
export function leastShown(margin: number, cells: number): number {
  const chance = EMPTY_SHOWN / cells;
  let z = 2; // of the normal distribution, by its tail: exp(-z²/2) / (z √2π)
  for (let round = 0; round < 20; round++) z = Math.sqrt(-2 * Math.log(chance * z * Math.sqrt(2 * Math.PI)));
  return Math.max(LEAST_COUNT, Math.ceil((z * margin) / MARGIN));
}

/** The smallest count that is precise. */
export function leastPrecise(margin: number): number {
  return PRECISE_COUNT * margin;
}

/** The margin of a sum of so many counts with independent noise. */
export function marginOfSum(margin: number, counts: number): number {
  return Math.round(margin * Math.sqrt(counts));
}

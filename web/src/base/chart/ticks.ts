// Round values for the axis of a chart.

const STEPS = [1, 2, 5, 10];

/** Some four to six round values within a range. */
export function ticksOf([least, most]: readonly [number, number]): number[] {
  const wanted = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = (STEPS.find((each) => each * power >= wanted * 0.99) ?? 10) * power;
  const found: number[] = [];
  for (let number = Math.ceil(least / step - 1e-9); number * step <= most + step * 1e-9; number++) found.push(round(number * step));
  return found;
}

/** The end of an axis on which all of these values are: a round value. */
export function roundedUp(values: readonly number[]): number {
  const most = Math.max(...values, 0);
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return round(Math.ceil((most / power) * 2 - 1e-9) / 2 * power);
}

/** Without the last digits, in which 0.1 + 0.2 is not 0.3. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}

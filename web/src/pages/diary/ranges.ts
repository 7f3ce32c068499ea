// The range of values that a curve is drawn in.

interface Indicator {
  readonly scale: string;
  readonly minimum: number;
  readonly maximum: number;
}

interface Extremes {
  readonly minimum: number;
  readonly maximum: number;
}

/** The whole of a scale; of a quantity, what its points need and a little more, but nothing that it cannot be. */
export function rangeOf(indicator: Indicator, points: readonly Extremes[]): [number, number] {
  if (indicator.scale !== "QUANTITY") return [indicator.minimum, indicator.maximum];
  const least = Math.min(...points.map((point) => point.minimum));
  const most = Math.max(...points.map((point) => point.maximum));
  const extent = most - least || Math.abs(most) || 1;
  const step = 10 ** Math.floor(Math.log10(extent / 2));
  const from = Math.floor((least - extent * 0.1) / step) * step;
  const to = Math.ceil((most + extent * 0.1) / step) * step;
  // A value may be outside of bounds that were changed since.
  return [Math.max(from, Math.min(indicator.minimum, least)), Math.min(to, Math.max(indicator.maximum, most))];
}

// Days as the graph writes them, such as `2026-01-31`.

/** Today, where the reader is. */
export function today(): string {
  const now = new Date();
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** A day as a number, for time axes. */
export function numberOf(day: string): number {
  return Date.parse(day) / DAY;
}

export function dayOf(number: number): string {
  return new Date(number * DAY).toISOString().slice(0, 10);
}

export function daysBefore(day: string, count: number): string {
  return dayOf(numberOf(day) - count);
}

const DAY = 86_400_000; // milliseconds

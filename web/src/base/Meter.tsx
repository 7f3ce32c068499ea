// How much of something there is, in words and as a bar; `next` is the part that would be taken from it.

import "./Meter.css";

interface Props {
  words: string;
  part: number;
  whole: number;
  next?: number;
}

export function Meter({ words, part, whole, next = 0 }: Props) {
  const percent = (value: number): string => `${whole > 0 ? (100 * Math.min(Math.max(value, 0), whole)) / whole : 0}%`;
  return (
    <div className="meter">
      <p>{words}</p>
      <svg aria-hidden="true">
        <rect width="100%" height="100%" />
        <rect className="part" width={percent(part)} height="100%" />
        {next > 0 && next <= part && <rect className="next" x={percent(part - next)} width={percent(next)} height="100%" />}
      </svg>
    </div>
  );
}

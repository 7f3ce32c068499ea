// The curves of a diary. The treatments are unfolded below the first alone: below each of a dozen, they would be most of the page.

import { Section, useWords } from "../../base";
import { Curve, type Course, type CurveProps, type Period } from "./Curve";
import { texts } from "./texts";

interface Series extends Pick<CurveProps, "points"> {
  readonly indicator: CurveProps["indicator"] & { readonly id: string };
  /** Whether it is of an indicator of the member's own. */
  readonly own?: boolean;
}

export function CurveList({ series, courses, period }: { series: readonly Series[]; courses: readonly Course[]; period: Period }) {
  const t = useWords(texts);
  return (
    <div className="curves">{series.map(({ indicator, points, own }, place) => (
      <Section
        key={indicator.id}
        id={`curve-${indicator.id}`}
        level={3}
        title={
          <>
            <span dir="auto">{indicator.name}</span>
            {indicator.unit && <span className="quiet"> ({indicator.unit})</span>}
            {own && <span className="quiet"> · {t.own}</span>}
          </>
        }
      >
        <Curve indicator={indicator} points={points} courses={courses} period={period} opened={place === 0} />
      </Section>
    ))}</div>
  );
}

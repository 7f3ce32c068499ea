// The viewer's treatments, most recently started first.

import { Link } from "wouter";
import { PageTitle } from "../../base/PageTitle";
import { Shown } from "../../base/Shown";
import { useRead } from "../../graph/hooks";
import { useFormats, useWords } from "../../text/words";
import { Courses, type CourseTextFragment } from "./patient/treatments";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const read = useRead(Courses, {});
  return (
    <>
      <PageTitle>{t.title}</PageTitle>
      <p>{t.lead}</p>
      <p>
        <Link href="/me/treatments/new" className="button primary">
          {t.start}
        </Link>
      </p>
      <Shown read={read}>
        {({ me: { courses } }) =>
          courses.length === 0 ? (
            <p>{t.none}</p>
          ) : (
            <ul className="cards">
              {courses.map((course) => (
                <li key={course.id}>
                  <Link href={`/me/treatments/${course.id}`} className="card">
                    <strong>{course.treatment.name}</strong>
                    <Summary course={course} />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </>
  );
}

/** When a treatment was taken, its dose, and what it is for. */
export function Summary({ course }: { course: CourseTextFragment }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const { startedOn, endedOn } = course;
  return (
    <>
      <p>
        {endedOn ? t.span(date(startedOn), date(endedOn)) : t.since(date(startedOn))} · {t.statuses[course.status]}
      </p>
      {(course.dose || course.community) && <p>{[course.dose, course.community?.name].filter(Boolean).join(" · ")}</p>}
    </>
  );
}

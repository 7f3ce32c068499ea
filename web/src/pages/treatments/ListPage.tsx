// The viewer's treatments, most recently started first.

import { Link } from "wouter";
import { isolated, PageTitle, Shown, useFormats, useRead, useWords } from "../../base";
import { texts as ownTexts } from "../own/texts";
import { Courses } from "./patient/treatments";
import { texts } from "./texts";

export function Page() {
  const t = useWords(texts);
  const own = useWords(ownTexts);
  const read = useRead(Courses, {});
  return (
    <>
      <PageTitle lead={t.lead}>{t.title}</PageTitle>
      <p><Link href="/me/treatments/new" className="button primary">{t.start}</Link></p>
      <Shown read={read}>{({ me }) => {
        const named = me.ownTreatments.flatMap((each) => each.courses).map((each) => ({ ...each, treatment: each.ownTreatment, own: true }));
        const courses = [...me.courses.map((each) => ({ ...each, own: false })), ...named];
        courses.sort((one, other) => (one.startedOn < other.startedOn ? 1 : -1));
        if (courses.length === 0) return <p>{t.none}</p>;
        return (
          <ul className="cards">{courses.map((course) => (
            <li key={course.id}>
              <Link href={`/me/treatments/${course.id}`} className="card">
                <strong dir="auto">{course.treatment.name}</strong>
                {course.own && <span className="quiet"> · {t.own}</span>}
                <Summary course={course} />
              </Link>
            </li>
          ))}</ul>
        );
      }}</Shown>
      <p className="after-form"><Link href="/me/own">{own.manage}</Link></p>
    </>
  );
}

interface Course {
  readonly startedOn: string;
  readonly endedOn: string | null;
  readonly status: string;
  readonly dose: string | null;
  readonly community?: { readonly name: string } | null;
}

/** When a treatment was taken, its dose, and what it is for. */
export function Summary({ course }: { course: Course }) {
  const t = useWords(texts);
  const { date } = useFormats();
  const { startedOn, endedOn } = course;
  return (
    <>
      <p>{endedOn ? t.span(date(startedOn), date(endedOn)) : t.since(date(startedOn))} · {t.statuses[course.status]}</p>
      {(course.dose || course.community) && <p>{[course.dose && isolated(course.dose), course.community?.name].filter(Boolean).join(" · ")}</p>}
    </>
  );
}

// Whether a member can answer a survey: it takes a consent to all of its recipients, and what the survey asks of its participants.

import type { InvitedFragment, ParticipantFragment } from "./patient/surveys";

/** What keeps a member from answering; null if nothing does. */
export function obstacle(survey: InvitedFragment, me: ParticipantFragment): "consent" | "conditions" | null {
  if (!isMeant(survey, me)) return "conditions";
  const consent = me.consents.find((each) => each.purpose === "SURVEY_RESEARCH" && each.granted);
  return consent && survey.offeredTo.every((kind) => consent.recipients.includes(kind)) ? null : "consent";
}

function isMeant({ eligibility }: InvitedFragment, me: ParticipantFragment): boolean {
  const { kinds, sexes, bornFrom, bornTo, regions, treatments } = eligibility ?? ANY_PATIENT;
  const year = me.birthYear;
  return (
    (kinds.length ? kinds.includes(me.member.kind) : me.member.kind === "PATIENT") &&
    (!sexes.length || sexes.includes(me.sex)) &&
    (bornFrom === null || (year !== null && year >= bornFrom)) &&
    (bornTo === null || (year !== null && year <= bornTo)) &&
    (!regions.length || (me.region !== null && regions.includes(me.region))) &&
    (!treatments.length || me.courses.some((course) => treatments.some((each) => each.id === course.treatment.id)))
  );
}

const ANY_PATIENT: NonNullable<InvitedFragment["eligibility"]> = {
  kinds: [],
  sexes: [],
  bornFrom: null,
  bornTo: null,
  regions: [],
  treatments: [],
};

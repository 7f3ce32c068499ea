"""Generates the demonstration's courses of treatment and their evaluations."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from commands.demonstration.catalogue import Catalogue, Indicator, Treatment
from commands.demonstration.chance import Chance
from commands.demonstration.french_doses import french_dose
from commands.demonstration.people import Person
from commands.demonstration.texts import Network
from commands.demonstration.trials import TrialRecord
from models.tracking import treatments
from models.tracking.treatments import CourseStatus, Severity, StopReason, TreatmentKind

COURSES = 20_000  # at scale 1, including those of the trials
SIDE_EFFECTS = ("nausea-and-vomiting", "headache", "fatigue", "vertigo", "increased-body-weight", "insomnia", "xerostomia", "diarrhea",
                "constipation", "skin-rash", "alopecia", "excessive-daytime-somnolence", "pruritus", "palpitations", "myalgia", "tremor",
                "abnormality-of-taste-sensation", "night-sweats", "brain-fog", "edema")  # fmt: skip
KIND_OF_COMMENT = {  # in English and in French
    "good": (
        ("Took about {weeks} weeks, then I could tell the difference.", "Il a fallu {weeks} semaines, mais depuis je revis."),
        ("The best months I have had since the diagnosis.", "Mes meilleurs mois depuis le diagnostic."),
        ("Ask your doctor about it: for me it is a yes.", "Je recommande d'en parler à son médecin : pour moi, c'est oui."),
        ("Not a miracle, but mornings are easier now.", "Plus régulier, plus tranquille. Je continue."),
    ),
    "fair": (
        ("Helps a little; I keep it because nothing else did more.", "Un mieux, mais pas tous les jours."),
        ("Good weeks and bad weeks. My doctor wants to wait {weeks} more.", "Effet net au début, moins maintenant."),
    ),
    "poor": (
        ("I gave it {weeks} weeks and noticed nothing.", "Aucun effet chez moi, et pourtant j'ai été patient."),
        ("Side effects came before any benefit.", "J'ai arrêté après {weeks} semaines, trop fatigué."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class CourseRun:
    """One course; `effect` is the reduction of a complaint rated from 0 to 10 (negative if it gets worse)."""

    id: UUID
    treatment: Treatment
    status: CourseStatus
    started_on: date
    ended_on: date | None
    effect: float


def write_trial_courses(seed: int, network: Network, records: list[TrialRecord]) -> None:
    chance = Chance(seed, "trial courses")
    for record in records:
        add_course(network, chance.id(), record.person, record.treatment, CourseStatus.COMPLETED, record.started_on,
                   record.ended_on, None, StopReason.COMPLETED)  # fmt: skip


def write_courses(
    seed: int, network: Network, known: Catalogue, everyone: list[Person], today: date, count: int
) -> dict[UUID, list[CourseRun]]:
    """Writes `count` courses of synthetic patients with their evaluations; returns the courses by member and start."""
    chance = Chance(seed, "courses")
    patients = [person for person in everyone if person.patient and not person.trial]
    weights = [0.45 + min(person.activity, 5) for person in patients]
    side_effects = [known.indicators[slug] for slug in SIDE_EFFECTS]
    by_member: dict[UUID, list[CourseRun]] = {}
    used: dict[UUID, set[str]] = {}
    mine = [person for person in patients if person.sign_in] * 5
    while count > 0:
        drawn = [*mine, *chance.choices(patients, weights, k=count)]
        mine, missed = [], 0
        for person in drawn[:count]:
            choices = [t for t in person.community.treatments if t.slug not in used.setdefault(person.id, set())]
            if not choices:
                missed += 1
                continue
            treatment = chance.early(choices)
            used[person.id].add(treatment.slug)
            run = course(chance, person, treatment, today)
            reason = reason_of(chance, run)
            dose = chance.one(treatment.doses) if treatment.doses and chance.often(0.8) else None
            dose = french_dose(dose) if dose and person.french else dose
            add_course(network, run.id, person, treatment, run.status, run.started_on, run.ended_on, dose, reason)
            by_member.setdefault(person.id, []).append(run)
            if chance.often(0.48):
                evaluate(chance, network, person, run, reason, side_effects, today)
        if missed == len(drawn[:count]):  # in a very small network, patients may run out of treatments
            break
        count = missed
    for runs in by_member.values():
        runs.sort(key=lambda run: (run.started_on, run.id))
    return by_member


def add_course(
    network: Network, id: UUID, person: Person, treatment: Treatment, status: CourseStatus, started_on: date,
    ended_on: date | None, dose: str | None, reason: StopReason | None,
) -> None:  # fmt: skip
    network.add(treatments.Course, id=id, member_id=person.id, treatment_id=treatment.id, community_id=person.community.id,
                status=status, started_on=started_on, ended_on=ended_on, dose=dose, stop_reason=reason)  # fmt: skip


def course(chance: Chance, person: Person, treatment: Treatment, today: date) -> CourseRun:
    lived = (today - person.joined_on).days
    started_on = today - timedelta(days=chance.randint(10, min(lived + 400, 2_600)))
    effect = chance.gauss(0.9, 0.9)
    longest = (today - started_on).days
    if treatment.kind is TreatmentKind.PROCEDURE:
        ended = started_on + timedelta(days=min(chance.randint(0, 5), longest))
        return CourseRun(chance.id(), treatment, CourseStatus.COMPLETED, started_on, ended, effect)
    weights = (0.62, 0.1, 0.24 if effect > 0.2 else 0.7, 0.04)
    status = chance.one(
        (CourseStatus.ACTIVE, CourseStatus.COMPLETED, CourseStatus.STOPPED, CourseStatus.ON_HOLD), weights
    )
    lasting = status in (CourseStatus.ACTIVE, CourseStatus.ON_HOLD)
    ended_on = None if lasting else started_on + timedelta(days=min(14 + int(chance.expovariate(1 / 220)), longest))
    return CourseRun(chance.id(), treatment, status, started_on, ended_on, effect)


def reason_of(chance: Chance, run: CourseRun) -> StopReason | None:
    if run.status is CourseStatus.COMPLETED:
        return StopReason.COMPLETED
    if run.status is not CourseStatus.STOPPED:
        return None
    if run.effect < 0.2 and chance.often(0.6):
        return StopReason.INEFFECTIVE
    return chance.one(
        (StopReason.SIDE_EFFECTS, StopReason.DOCTOR_ADVICE, StopReason.COST, StopReason.OTHER), (0.5, 0.27, 0.08, 0.15)
    )


def evaluate(
    chance: Chance,
    network: Network,
    person: Person,
    run: CourseRun,
    reason: StopReason | None,
    known: list[Indicator],
    today: date,
) -> None:
    last = run.ended_on or today
    evaluated_on = run.started_on + timedelta(days=chance.randint(0, (last - run.started_on).days))
    effectiveness = rated(chance, 4.2 + 2.1 * run.effect)
    hurt = reason is StopReason.SIDE_EFFECTS
    easy = 7.5 if run.treatment.kind in (TreatmentKind.MEDICATION, TreatmentKind.SUPPLEMENT) else 5.5
    convenience = rated(chance, easy - 2 * hurt)
    satisfaction = rated(chance, 0.7 * effectiveness + 0.3 * convenience - 2 * hurt, spread=0.9)
    tone = "good" if satisfaction >= 7 else "fair" if satisfaction >= 4 else "poor"
    weeks = max(2, min((evaluated_on - run.started_on).days // 7, 30))
    comment = chance.one(KIND_OF_COMMENT[tone])[person.french].format(weeks=weeks) if chance.often(0.6) else None
    id = chance.id()
    network.add(treatments.Evaluation, id=id, course_id=run.id, member_id=person.id, treatment_id=run.treatment.id,
                evaluated_on=evaluated_on, effectiveness=effectiveness, convenience=convenience, satisfaction=satisfaction,
                comment=comment)  # fmt: skip
    if run.treatment.kind in (TreatmentKind.MEDICATION, TreatmentKind.PROCEDURE):
        usual = chance.one((0, 1, 2, 3), (0.42, 0.33, 0.17, 0.08)) + hurt
        for indicator in chance.some(known, usual):
            severity = chance.one(tuple(Severity), (0.3, 0.45, 0.25) if hurt else (0.62, 0.31, 0.07))
            serious = severity is Severity.SEVERE and chance.often(0.25)
            network.add(treatments.SideEffect, evaluation_id=id, indicator_id=indicator.id, member_id=person.id, severity=severity,
                        serious=serious)  # fmt: skip


def rated(chance: Chance, middle: float, spread: float = 1.5) -> int:
    return min(max(round(chance.gauss(middle, spread)), 0), 10)

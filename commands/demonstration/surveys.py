"""Generates the demonstration's surveys: definitions, participations, and answers that follow the visibility rules."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from commands.demonstration.catalogue import Catalogue, Community
from commands.demonstration.chance import Chance
from commands.demonstration.french_catalogue import in_sentence, translations
from commands.demonstration.french_surveys import FRENCH_QUESTIONS, FRENCH_TITLES
from commands.demonstration.people import Person, at
from commands.demonstration.questionnaires import SYMPTOMS, TITLES, WISHES, AnswerValue, QuestionTemplate, is_shown
from commands.demonstration.texts import Network, in_running_text
from commands.demonstration.together import add_notification
from models.identity.members import NotificationKind
from models.identity.organizations import OrganizationKind
from models.research import surveys
from models.research.surveys import ParticipationStatus, QuestionKind, SurveyStatus

# The status of the larger communities' first and second surveys, by the communities' size. The member with the account
# patient@ belongs to the third and the seventh community.
FIRST = "RELEASED OPEN CLOSED ARCHIVED RELEASED OPEN OPEN CLOSED RELEASED OPEN OPEN CLOSED RELEASED OPEN ARCHIVED CLOSED OPEN OPEN WAITING WAITING DRAFT WAITING"
SECOND = "OPEN DRAFT OPEN WAITING DRAFT CLOSED RELEASED OPEN DRAFT"
# Days from today to the opening (None: not opened) and to the close.
SPANS: dict[SurveyStatus, tuple[int | None, int]] = {
    SurveyStatus.DRAFT: (None, 120),
    SurveyStatus.WAITING: (None, 90),
    SurveyStatus.OPEN: (-24, 40),
    SurveyStatus.CLOSED: (-75, -6),
    SurveyStatus.RELEASED: (-290, -215),
    SurveyStatus.ARCHIVED: (-880, -800),
}
# Surveys to close are written as OPEN and then closed by `insights`; with enough participants they become RELEASED.
# ARCHIVED surveys were closed before datasets existed, and their answers are gone.
TO_CLOSE = (SurveyStatus.CLOSED, SurveyStatus.RELEASED)
OPENED = (SurveyStatus.OPEN, SurveyStatus.CLOSED, SurveyStatus.RELEASED, SurveyStatus.ARCHIVED)
USUAL_MINIMUM = 200
VERSION_TWO = 7  # every seventh survey was revised once before it opened


@dataclass(frozen=True)
class Definition:
    """A survey as its participants see it; `questions` are (id, template, option codes)."""

    id: UUID
    community_id: UUID
    title: str  # with {c} for the condition
    status: SurveyStatus
    opens_on: date | None
    closes_on: date
    questions: tuple[tuple[UUID, QuestionTemplate, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Closing:
    """A survey to close, and its last day."""

    survey: UUID
    day: date


def write_surveys(seed: int, network: Network, known: Catalogue, everyone: list[Person], today: date) -> list[Closing]:
    """Writes surveys of the larger communities, with every status and every kind of question; returns those to close."""
    communities = [
        community for community in known.communities if community.slug not in ("rheumatoid-arthritis", "epilepsy")
    ]
    takers: dict[UUID, list[Person]] = {community.id: [] for community in communities}
    for person in everyone:
        if person.patient and person.consents and not person.trial:
            for community in person.communities:
                takers[community.id].append(person)
    number = 0
    closings = []
    for which, statuses in enumerate((FIRST, SECOND)):
        for community, status in zip(communities, statuses.split(), strict=False):
            number += 1
            made = write_survey(Chance(seed, "survey", which, community.slug), network, community, TITLES[which], SurveyStatus(status),
                                takers[community.id], today, 2 if number % VERSION_TWO == 0 else 1)  # fmt: skip
            if made.status in TO_CLOSE:
                closings.append(Closing(made.id, made.closes_on))
    return sorted(closings, key=lambda closing: (closing.day, closing.survey))


def write_survey(
    chance: Chance, network: Network, community: Community, questionnaire: tuple[str, str, tuple[QuestionTemplate, ...]], status: SurveyStatus,
    takers: list[Person], today: date, version: int,
) -> Definition:  # fmt: skip
    title, description, questions = questionnaire
    french_title, french_description = (in_sentence(text, community.slug) for text in FRENCH_TITLES[title])
    opens, closes = SPANS[status]
    shift = chance.randint(-4, 4)
    opens_on = None if opens is None else today + timedelta(days=opens + shift)
    closes_on = today + timedelta(days=closes + shift)
    name = in_running_text(community.disease.name)
    id = chance.id()
    definition = Definition(id, community.id, title, status, opens_on, closes_on, tuple(
        (chance.id(), question, options_of(question, community)) for question in questions
    ))  # fmt: skip
    offered = [kind.value for kind in OrganizationKind if chance.often(0.75)] or [OrganizationKind.HOSPITAL.value]
    takers = [person for person in takers if set(offered) <= set(person.recipients)]
    if status in OPENED:
        take_part(chance, network, definition, takers, today)
    minimum = USUAL_MINIMUM
    if status is SurveyStatus.WAITING:
        minimum += len(takers) + 300  # out of reach of the noise
    network.add(surveys.Survey, id=id, community_id=community.id, title=title.format(c=name), description=description.format(c=name),
                status=SurveyStatus.OPEN if status in TO_CLOSE else status, version=version, opens_on=opens_on,
                closes_on=closes_on, minimum_participants=minimum, offered_to=offered,
                translations=translations(title=french_title, description=french_description))  # fmt: skip
    write_questions(network, definition, community, version)
    if version == 2:  # the previous version had one question less
        earlier = tuple((chance.id(), question, options) for _, question, options in definition.questions[:-1])
        write_questions(
            network, Definition(id, community.id, title, status, opens_on, closes_on, earlier), community, 1
        )
    return definition


def options_of(question: QuestionTemplate, community: Community) -> tuple[str, ...]:
    if question.options == SYMPTOMS:
        return tuple(symptom.slug.upper().replace("-", "_") for symptom in community.symptoms[:8])
    return tuple(code for code, _ in question.options)


def write_questions(network: Network, definition: Definition, community: Community, version: int) -> None:
    name = in_running_text(community.disease.name)
    for position, (id, question, codes) in enumerate(definition.questions, start=1):
        french = FRENCH_QUESTIONS[definition.title][question.key]
        network.add(surveys.Question, id=id, survey_id=definition.id, version=version, position=position, key=question.key,
                    text=question.text.format(c=name), help=question.help, kind=question.kind, required=question.required,
                    minimum=question.minimum, maximum=question.maximum, bins=list(map(float, question.bins)) or None,
                    max_choices=question.most,
                    translations=translations(text=in_sentence(french.text, community.slug), help=french.help))  # fmt: skip
        labels, french_labels = dict(question.options), french.labels
        if question.options == SYMPTOMS:
            labels = dict(zip(codes, (symptom.name for symptom in community.symptoms), strict=False))
            french_labels = dict(zip(codes, (symptom.french_name for symptom in community.symptoms), strict=False))
        for place, code in enumerate(codes):
            network.add(surveys.QuestionOption, question_id=id, code=code, label=labels[code], position=place,
                        translations=translations(label=french_labels[code]))  # fmt: skip
        for place, rule in enumerate(question.rules):
            network.add(surveys.VisibilityRule, question_id=id, position=place, on_key=rule.on, operator=rule.operator,
                        values=list(rule.values))  # fmt: skip


def take_part(chance: Chance, network: Network, definition: Definition, takers: list[Person], today: date) -> None:
    """Writes participations, answer sheets and answers."""
    is_open, archived = (definition.status is status for status in (SurveyStatus.OPEN, SurveyStatus.ARCHIVED))
    last = min(definition.closes_on, today - timedelta(days=1))
    opens_on = definition.opens_on or last
    weights = (0.34, 0.12, 0.5, 0.04) if is_open else (0.13, 0.06, 0.77, 0.04)
    sheets: list[tuple[UUID, dict[UUID, AnswerValue]]] = []
    for person in takers:
        if person.joined_on > last or not (person.sign_in or chance.often(0.8)):
            continue
        status = chance.one((ParticipationStatus.INVITED, ParticipationStatus.STARTED, ParticipationStatus.COMPLETED,
                             ParticipationStatus.WITHDRAWN), weights)  # fmt: skip
        first = max(opens_on, person.joined_on)
        if person.sign_in:  # always one survey completed and one started
            half_way = is_open and definition.questions[0][1].key == "treated"
            status = ParticipationStatus.STARTED if half_way else ParticipationStatus.COMPLETED
        if not is_open and status in (ParticipationStatus.INVITED, ParticipationStatus.STARTED):
            status = ParticipationStatus.LAPSED
        done = status is ParticipationStatus.COMPLETED
        sheet = None
        if (done and not archived) or (is_open and status is ParticipationStatus.STARTED):
            sheet = chance.id()
            sheets.append((sheet, answers(chance, definition, person, today, whole=done)))
        completed_at = (
            at(chance, first + timedelta(days=chance.randint(0, max((last - first).days, 0)))) if done else None
        )
        if completed_at and archived:  # closing a survey truncates times to days
            completed_at = completed_at.replace(hour=0, minute=0, second=0)
        network.add(surveys.Participation, id=chance.id(), member_id=person.id, survey_id=definition.id, status=status,
                    completed_at=completed_at, answer_sheet_id=sheet)  # fmt: skip
        if is_open and definition.opens_on:
            add_notification(
                chance, network, person, NotificationKind.SURVEY_OPEN, first, today, ("svy", definition.id)
            )
    # Sorted by id, so that a sheet's position in the table does not reveal whose it is.
    for sheet, given in sorted(sheets, key=lambda pair: pair[0]):
        network.add(surveys.AnswerSheet, id=sheet, survey_id=definition.id)
        for question, answer in given.items():
            network.add(surveys.Answer, answer_sheet_id=sheet, question_id=question, codes=list(answer.codes), number=answer.number,
                        day=answer.day, text=answer.text)  # fmt: skip


def answers(
    chance: Chance, definition: Definition, person: Person, today: date, *, whole: bool
) -> dict[UUID, AnswerValue]:
    """One person's answers, by question, as the visibility rules show them; only the first few unless `whole`."""
    by_key: dict[str, AnswerValue] = {}
    by_question: dict[UUID, AnswerValue] = {}
    included = definition.questions if whole else definition.questions[: chance.randint(1, 4)]
    for id, question, codes in included:
        if is_shown(question, by_key) and (question.required or chance.often(0.55)):
            by_key[question.key] = by_question[id] = answer(chance, definition, question, codes, person, today)
    return by_question


def answer(
    chance: Chance,
    definition: Definition,
    question: QuestionTemplate,
    codes: tuple[str, ...],
    person: Person,
    today: date,
) -> AnswerValue:
    match question.kind:
        case QuestionKind.SINGLE_CHOICE:
            retired = person.birth_year is not None and today.year - person.birth_year >= 65
            if question.key == "work" and retired:
                return AnswerValue(codes=("RETIRED",))
            return AnswerValue(codes=(chance.early(codes),))
        case QuestionKind.MULTIPLE_CHOICE:
            wanted = chance.randint(1, question.most or 3)
            return AnswerValue(codes=tuple(dict.fromkeys(chance.early(codes) for _ in range(wanted))))
        case QuestionKind.SCALE:
            return AnswerValue(number=float(min(max(round(chance.gauss(5.6, 2.3)), 0), 10)))
        case QuestionKind.NUMBER:
            if question.key == "year_of_diagnosis":
                born = person.birth_year or today.year - 50
                guessed = max(today.year - int(chance.expovariate(1 / 9)), born + 5, 1950)
                return AnswerValue(number=float(max(person.diagnosed.get(definition.community_id, guessed), 1950)))
            return AnswerValue(number=float(int(chance.expovariate(1 / 1.8))))
        case QuestionKind.DATE:
            return AnswerValue(day=today - timedelta(days=chance.randint(3, 400)))
        case QuestionKind.TEXT:
            return AnswerValue(text=chance.one(WISHES)[person.french])

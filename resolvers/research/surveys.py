"""Reads surveys, the viewer's participation in them, consents and notices."""

from uuid import UUID

from sqlalchemy import case, exists, func, literal

from models.identity import accounts
from models.languages import Language
from models.research import surveys as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select
from models.tracking import treatments
from models.viewers import Audience
from resolvers import legal_texts
from resolvers.days import today
from resolvers.lookup import by_name, code_of, community_called
from resolvers.row_texts import original_texts_of, texts_of

SURVEY_TEXTS = ("title", "description")
QUESTION_TEXTS = ("text", "help")
OPTION_TEXTS = ("label",)


def survey(*, id: Value[UUID]) -> Rows:
    """One row, or none if the viewer may not read it."""
    found = row(tables.Survey)
    return select(found).where(found.id == id)


def surveys(*, community: Value[str] | None = None, status: tables.SurveyStatus | None = None) -> Rows:
    """Surveys, the last to close first; those of one community and status, if given."""
    survey = row(tables.Survey)
    found = select(survey).order_by(survey.closes_on.desc(), survey.id.desc())
    if community is not None:
        found = found.where(survey.community_id == community_called(community))
    return found if status is None else found.where(survey.status == status)


def survey_of(participation: Row) -> Rows:
    """One row, by `survey_id`."""
    found = row(tables.Survey)
    return select(found).where(found.id == participation.survey_id)


def minimum_participants(survey: Row, *, viewer: ViewerIds) -> Expression:
    """The minimum; null while the survey waits, except for survey managers."""
    is_shown = survey.status != tables.SurveyStatus.WAITING
    if viewer.view is Audience.MANAGER:
        staff = row(accounts.Staff)  # the viewer's row: they read no other
        is_shown = is_shown | exists().where(literal(accounts.StaffRole.SURVEY_MANAGER.value) == func.any(staff.roles))
    return case((is_shown, survey.minimum_participants))


def questions_of(survey: Row) -> Rows:
    """The questions of the survey's present version, in its order."""
    question = row(tables.Question)
    of_version = (question.survey_id == survey.id, question.version == survey.version)
    return select(question).where(*of_version).order_by(question.position)


def options_of(question: Row) -> Rows:
    """Options in the question's order."""
    option = row(tables.QuestionOption)
    return select(option).where(option.question_id == question.id).order_by(option.position, option.code)


def survey_translations(survey: Row) -> Rows:
    """As `texts_of`: one row for each language."""
    return texts_of(survey, *SURVEY_TEXTS)


def survey_original(survey: Row) -> Rows:
    """One row: the texts in the language in which they were written."""
    return original_texts_of(survey, *SURVEY_TEXTS)


def question_translations(question: Row) -> Rows:
    """As `texts_of`: one row for each language."""
    return texts_of(question, *QUESTION_TEXTS)


def question_original(question: Row) -> Rows:
    """One row: the texts in the language in which they were written."""
    return original_texts_of(question, *QUESTION_TEXTS)


def option_translations(option: Row) -> Rows:
    """As `texts_of`: one row for each language."""
    return texts_of(option, *OPTION_TEXTS)


def option_original(option: Row) -> Rows:
    """One row: the texts in the language in which they were written."""
    return original_texts_of(option, *OPTION_TEXTS)


def rules_of(question: Row) -> Rows:
    """Rules of which all must hold for the question to be shown, in their order."""
    rule = row(tables.VisibilityRule)
    return select(rule).where(rule.question_id == question.id).order_by(rule.position)


def eligibility_of(survey: Row) -> Rows:
    """One row, or none if all patients of the community may answer, or the viewer may not read it."""
    found = row(tables.Eligibility)
    return select(found).where(found.survey_id == survey.id)


def eligible_treatments(eligibility: Row, *, viewer: ViewerIds) -> Rows:
    """Treatments of which one is required, by name in the language of the viewer. Empty if none is."""
    treatment = row(treatments.Treatment)
    wanted = treatment.id == func.any(eligibility.treatment_ids)
    return select(treatment).where(wanted).order_by(*by_name(treatment, viewer))


def progress_of(survey: Row) -> Rows:
    """One row with numbers of members, or none if the viewer may not read them."""
    progress = row(tables.SurveyProgress)
    return select(progress).where(progress.survey_id == survey.id)


def viewer_participation(survey: Row, *, viewer: ViewerIds) -> Rows:
    """One row, or none if the viewer has not begun."""
    participation = row(tables.Participation)
    return select(participation).where(participation.survey_id == survey.id, participation.member_id == viewer.member)


def participations() -> Rows:
    """The viewer's participations in surveys that they may read."""
    participation, survey = row(tables.Participation), row(tables.Survey)
    return select(participation).join(survey, survey.id == participation.survey_id)


def participations_of(me: Row, *, status: tables.ParticipationStatus | None = None) -> Rows:
    """The member's participations, by the survey that closes last; those of one status, if it is given."""
    participation, survey = row(tables.Participation), row(tables.Survey)
    found = (
        select(participation)
        .join(survey, survey.id == participation.survey_id)
        .where(participation.member_id == me.member_id)
        .order_by(survey.closes_on.desc(), survey.id.desc())
    )
    return found if status is None else found.where(participation.status == status)


def answers_of(participation: Row) -> Rows:
    """Answers, in the survey's order of questions."""
    answer, question = row(tables.Answer), row(tables.Question)
    return (
        select(answer)
        .join(question, question.id == answer.question_id)
        .where(answer.answer_sheet_id == participation.answer_sheet_id)
        .order_by(question.position)
    )


def question_of(answer: Row) -> Rows:
    """One row, by `question_id`."""
    question = row(tables.Question)
    return select(question).where(question.id == answer.question_id)


def consents_of(me: Row) -> Rows:
    """Decisions on each purpose, in the order of the enum."""
    consent = row(tables.Consent)
    return select(consent).where(consent.member_id == me.member_id).order_by(consent.purpose)


def consent_made(done: Row, *, viewer: ViewerIds) -> Rows:
    """The viewer's consent for the purpose that a mutation returned."""
    consent = row(tables.Consent)
    return select(consent).where(consent.member_id == viewer.member, consent.purpose == done.purpose)


def participation_made(done: Row) -> Rows:
    """One row: the participation that a mutation has changed."""
    participation = row(tables.Participation)
    return select(participation).where(participation.id == done.participation_id)


def notices_so_far() -> Rows:
    """The notices that are or have been in force: a consent may refer to an earlier version."""
    return legal_texts.so_far(tables.Notice)


def notices(*, viewer: ViewerIds, language: Language | None = None) -> Rows:
    """The notices in force: for each purpose, the latest one whose date has been reached (UTC)."""
    notice, other = row(tables.Notice), row(tables.Notice)
    latest = select(func.max(other.in_force_on)).where(other.purpose == notice.purpose, other.in_force_on <= today())
    in_force = notice.in_force_on == latest.scalar_subquery()
    return select(notice).where(notice.language == code_of(language, viewer), in_force).order_by(notice.purpose)

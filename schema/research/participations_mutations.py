"""Mutations of participations, a member's answers to a survey, and the query that checks answers."""

import strawberry

from models.languages import Language
from planner.declare import graph_type
from resolvers.research import participations_mutations as participations
from resolvers.research import surveys as resolve
from resolvers.research.participations_rules import TEXT_LENGTH, AnswerEntry
from schema.access import MANAGER, PATIENT
from schema.inputs import nested
from schema.mutations import mutation, mutations, question, shown
from schema.research.surveys import Participation
from schema.user_errors import UserError, user_error

PARTICIPATION = {
    "participation": shown(Participation, resolve.participation_made, "The viewer's participation in the survey.")
}
ANSWERABLE = "A survey that is open and that the viewer is eligible for."
VERSION = (
    "Version of the questions that the viewer was shown. Refused as CONFLICT if it is no longer the current one, "
    "which is the default."
)

nested(
    AnswerEntry,
    "AnswerInput",
    "An answer, in the field for its kind of question. Without a value, it does not count as an answer.",
    question="The question's key.",
    codes="The codes of the chosen options.",
    number="The answer to a scale or number question.",
    date="The answer to a date question.",
    text=f"The answer to a text question: at most {TEXT_LENGTH:,} characters.",
)


@graph_type(audience=PATIENT | MANAGER)
class SurveyCheck:
    """The result of checking answers: the questions that they show, and why they would be refused."""

    shown: list[str] = strawberry.field(
        description="Keys of the questions that are shown, in order. Empty for an unknown survey."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why submitting the answers would be refused. The path of a missing answer has the key of its "
        "question in place of a position. Empty if they would be accepted."
    )


def survey_checked(found: participations.CheckedAnswers, language: Language) -> SurveyCheck:
    errors = [user_error(refusal, language) for refusal in found.refusals]
    return SurveyCheck(shown=list(found.shown), user_errors=errors)


survey_check = question(
    participations.check_survey,
    "Check answers to a survey without saving them: which questions they show, and which answers would be refused. "
    "The current questions apply, whether the survey is open or not.",
    only=PATIENT | MANAGER,
    answer=SurveyCheck,
    make=survey_checked,
    input_name="SurveyCheckInput",
    survey="A survey that the viewer can see.",
    answers="The answers so far, at most one for each question.",
)


@mutations
class ParticipationMutations:
    survey_save = mutation(
        participations.save_survey,
        "Save a draft of the viewer's answers, which replaces the earlier draft.",
        only=PATIENT,
        rate="answers",
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        version=VERSION,
        answers="At most one for each question. Answers to questions that are not shown are dropped.",
    )
    survey_submit = mutation(
        participations.submit_survey,
        "Submit the viewer's answers. They can be submitted again or withdrawn until the survey closes.",
        only=PATIENT,
        rate="answers",
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        version=VERSION,
        answers="At least one for every required question that is shown. Answers to questions that are not shown are "
        "dropped. The path of a missing answer has the key of its question in place of a position.",
    )
    survey_withdraw = mutation(
        participations.withdraw_survey,
        "Delete the viewer's answers while the survey is open.",
        only=PATIENT,
        rate="answers",
        shows=PARTICIPATION,
        survey="A survey that is open.",
    )

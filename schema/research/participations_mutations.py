"""Mutations of participations: a member's answers to a survey."""

from resolvers.research import participations_mutations as participations
from resolvers.research import surveys as resolve
from resolvers.research.participations_rules import TEXT_LENGTH, AnswerEntry
from schema.access import PATIENT
from schema.inputs import nested
from schema.mutations import mutation, mutations, shown
from schema.research.surveys import Participation

PARTICIPATION = {
    "participation": shown(Participation, resolve.participation_made, "The viewer's participation in the survey.")
}
ANSWERABLE = "A survey that is open and that the viewer is eligible for."
VERSION = (
    "Version of the questions that the viewer was shown. Refused with `CONFLICT` if the survey has another one by now. "
    "If left out, the answers are taken as answers to the current version."
)

nested(
    AnswerEntry,
    "AnswerInput",
    "An answer, in the one of its four fields that fits the kind of question.",
    question="The question's key.",
    codes="The codes of the chosen options.",
    number="The answer to a scale or number question.",
    date="The answer to a date question.",
    text=f"The answer to a text question: at most {TEXT_LENGTH:,} characters.",
)


@mutations
class ParticipationMutations:
    survey_save = mutation(
        participations.save_survey,
        "Save a draft of the viewer's answers, which replaces the earlier draft.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        version=VERSION,
        answers="At most one for each question. Answers to questions that are not shown are dropped.",
    )
    survey_submit = mutation(
        participations.submit_survey,
        "Submit the viewer's answers. They can be submitted again or withdrawn until the survey closes.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        version=VERSION,
        answers="One for every required question that is shown. Answers to questions that are not shown are dropped.",
    )
    survey_withdraw = mutation(
        participations.withdraw_survey,
        "Delete the viewer's answers, as long as the survey is open.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey="A survey that is open.",
    )

"""Mutations of surveys: writing them, answering them, and the consents that decide who can."""

from resolvers import consents_writes as consents
from resolvers import participations_writes as participations
from resolvers import surveys as resolve
from resolvers import surveys_writes as write
from resolvers.answering import TEXT_LENGTH, Entry
from resolvers.questionnaires import BINS, LABEL_LENGTH, OPTIONS, QUESTIONS, RESERVED_CODE, RULES
from resolvers.questionnaires import TEXT_LENGTH as QUESTION_LENGTH
from resolvers.visibility import Option, Question, Rule
from schema.access import MANAGER, PATIENT
from schema.inputs import nested
from schema.mutations import Options, mutation, mutations, shown
from schema.surveys import Consent, Participation, Survey

SURVEY = {"survey": shown(Survey, resolve.survey_of)}
PARTICIPATION = {
    "participation": shown(Participation, resolve.participation_made, "The viewer's participation in the survey.")
}
ANSWERABLE = "A survey that is open and that the viewer is eligible for."

nested(
    Entry,
    "AnswerInput",
    "An answer, in the one of its four fields that fits the kind of question.",
    question="The question's key.",
    codes="The codes of the chosen options.",
    number="The answer to a scale or number question.",
    date="The answer to a date question.",
    text=f"The answer to a text question: at most {TEXT_LENGTH:,} characters.",
)
nested(
    Option,
    "QuestionOptionInput",
    "An option of a choice question.",
    code=f"The code in answers: letters, digits and underscores. {RESERVED_CODE} is reserved for missing answers.",
    label=f"The text of the option: at most {LABEL_LENGTH} characters.",
)
nested(
    Rule,
    "VisibilityRuleInput",
    "A condition on the answer to another question.",
    must_give=("values",),
    question="The key of the other question.",
    operator="How its answer is compared.",
    values="The values to compare with: codes, numbers or days. Several for IN, none for ANSWERED, otherwise one.",
)
nested(
    Question,
    "QuestionInput",
    "A question.",
    must_give=("text", "required"),
    key="The question's name within the survey: a letter, followed by letters, digits and underscores.",
    text=f"The question itself: at most {QUESTION_LENGTH:,} characters.",
    help=f"A hint for answering it: at most {QUESTION_LENGTH:,} characters.",
    kind="The kind of answer.",
    required="Whether it must be answered if it is shown.",
    options=f"The options in order: 2 to {OPTIONS}. Only for choice questions.",
    minimum="The smallest number accepted. Required for a scale.",
    maximum="The greatest number accepted. Required for a scale.",
    bins=f"The edges of the bins in which a number is counted, ascending: 2 to {BINS}.",
    max_choices="How many options one answer may choose. Only for multiple choice.",
    visible_when=f"The conditions for showing the question, which must all hold: at most {RULES}.",
)
nested(
    write.Eligible,
    "EligibilityInput",
    "Who can answer a survey. Fields that are left out are no condition.",
    kinds="Members of these kinds: patients by default.",
    sexes="Members of these sexes.",
    born_from="The first year of birth.",
    born_to="The last year of birth.",
    treatments="Members with a course of one of these treatments, ended or not.",
    regions="Members who live in one of these regions.",
)


@mutations
class SurveyMutations:
    consent_set = mutation(
        consents.set_consent,
        "Grant or withdraw consent to a use of the viewer's answers or tracking, with immediate effect.",
        only=PATIENT,
        shows={"consent": shown(Consent, resolve.consent_made)},
        options=Options(read_by="purpose"),
        purpose="The purpose.",
        granted="Whether consent is granted. Withdrawing it deletes the answers to open surveys immediately.",
        recipients="The kinds of organization that the consent covers, at least one. If they are left out, the earlier "
        "ones are retained.",
        notice_version="The version of the notice that the viewer was shown.",
    )
    survey_close = mutation(
        write.close_survey,
        "Close a survey before its last day. From then on no answer is linked to a member.",
        only=MANAGER,
        shows=SURVEY,
        options=Options(as_publisher=True, seconds=lambda limits: limits.freezing_seconds),
        survey="The survey.",
    )
    survey_create = mutation(
        write.create_survey,
        "Create a survey, as a draft that only staff can see.",
        only=MANAGER,
        shows=SURVEY,
        community="The community whose members it is for.",
        title=f"The title: at most {write.TITLE_LENGTH} characters.",
        description=f"What the survey is about, and what for: at most {write.DESCRIPTION_LENGTH:,} characters.",
        questions=f"The questions in order: 1 to {QUESTIONS}.",
        minimum_participants="How many members must be able to answer before the survey opens: "
        f"{write.USUAL_PARTICIPANTS} by default.",
        opens_on="The first day on which it may open: any day by default.",
        closes_on="The last day on which it can be answered.",
        offered_to="The kinds of organization that may query the survey's dataset, at least one.",
        eligibility="Who in the community can answer: its patients by default.",
    )
    survey_revise = mutation(
        write.revise_survey,
        "Revise a survey that has not closed. Members who see it get a new version.",
        only=MANAGER,
        shows=SURVEY,
        survey="The survey.",
        title="A new title.",
        description="A new description.",
        questions="All questions. They replace those of a draft, and are a new version to members who see the survey.",
        closes_on="A new last day.",
    )
    survey_save = mutation(
        participations.save_survey,
        "Save a draft of the viewer's answers, which replaces the earlier draft.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        answers="At most one for each question. Answers to questions that are not shown are dropped.",
    )
    survey_schedule = mutation(
        write.schedule_survey,
        "Schedule a draft: it opens on its day, once enough members can answer it.",
        only=MANAGER,
        shows=SURVEY,
        survey="The survey.",
    )
    survey_submit = mutation(
        participations.submit_survey,
        "Submit the viewer's answers. They can be submitted again or withdrawn until the survey closes.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey=ANSWERABLE,
        answers="One for every required question that is shown. Answers to questions that are not shown are dropped.",
    )
    survey_withdraw = mutation(
        participations.withdraw_survey,
        "Delete the viewer's answers, as long as the survey is open.",
        only=PATIENT,
        shows=PARTICIPATION,
        survey="A survey that is open.",
    )

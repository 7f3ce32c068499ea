"""Mutations of surveys: creating and revising them."""

from models.identity.accounts import StaffRole
from privacy.budget import FLOOR
from resolvers.days import LAST_ZONE
from resolvers.research import surveys as resolve
from resolvers.research import surveys_mutations as write
from resolvers.research.eligibility_mutations import EligibilityDefinition
from resolvers.research.surveys_rules import BINS, LABEL_LENGTH, OPTIONS, QUESTIONS, RESERVED_CODE, RULES
from resolvers.research.surveys_rules import TEXT_LENGTH as QUESTION_LENGTH
from resolvers.research.translations_rules import SurveyTranslation
from resolvers.research.visibility_rules import (
    OptionDefinition,
    OptionTranslation,
    QuestionDefinition,
    QuestionTranslation,
    RuleDefinition,
)
from schema.access import MANAGER
from schema.inputs import nested
from schema.mutations import mutation, mutations, shown
from schema.research.surveys import Survey

NOT_OVER = f"Refused once that day is over everywhere ({LAST_ZONE})."
DRAFTS_ONLY = "Can change in a draft only."
CORRECTIONS_ONCE_OPEN = "Once the survey is open, only misspelt words and punctuation can change."
KEPT_QUESTIONS = (
    "in it, only the spelling and punctuation of a question can change, its position, `required`, and which options "
    "it has. A different question needs a new key."
)
SURVEY = {"survey": shown(Survey, resolve.survey_of)}

LANGUAGE = "A language other than English, which the texts themselves are in."
COMPLETE = "A survey can only be scheduled if all its texts are translated into the same languages."

nested(
    OptionTranslation,
    "OptionTranslationInput",
    "The label of an option in another language.",
    language=LANGUAGE,
    label=f"The label: at most {LABEL_LENGTH} characters.",
)
nested(
    QuestionTranslation,
    "QuestionTranslationInput",
    "The texts of a question in another language.",
    language=LANGUAGE,
    text=f"The question: at most {QUESTION_LENGTH:,} characters.",
    help=f"The hint, if the question has one: at most {QUESTION_LENGTH:,} characters.",
)
nested(
    SurveyTranslation,
    "SurveyTranslationInput",
    "The title and the description of a survey in another language.",
    language=LANGUAGE,
    title=f"The title: at most {write.TITLE_LENGTH} characters.",
    description=f"The description: at most {write.DESCRIPTION_LENGTH:,} characters.",
)
nested(
    OptionDefinition,
    "QuestionOptionInput",
    "An option of a choice question.",
    code=f"The code in answers: letters, digits and underscores. {RESERVED_CODE} is reserved for missing answers.",
    label=f"The text of the option: at most {LABEL_LENGTH} characters.",
    translations="The label in other languages. If omitted, those of the option with this code do not change.",
)
nested(
    RuleDefinition,
    "VisibilityRuleInput",
    "A condition on the answer to another question.",
    must_give=("values",),
    question="The key of the other question.",
    operator="How its answer is compared.",
    values="The values to compare with: codes, numbers or days. Several for IN, none for ANSWERED, otherwise one.",
)
nested(
    QuestionDefinition,
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
    maximum="The largest number accepted. Required for a scale.",
    bins=f"The edges of the bins in which a number is counted, ascending: 2 to {BINS}.",
    max_choices="Number of options that an answer may choose. Only for multiple choice.",
    visible_when=f"The conditions for showing the question, which must all hold: at most {RULES}.",
    translations="The texts in other languages. If omitted, those of the question with this key do not change.",
)
nested(
    EligibilityDefinition,
    "EligibilityInput",
    "Who can answer a survey. An omitted field sets no condition.",
    kinds="Members of these kinds: patients by default.",
    sexes="Members of these sexes.",
    born_from="The first year of birth.",
    born_to="The last year of birth.",
    treatments="Members with a course of one of these treatments, ended or not.",
    regions="Members who live in one of these regions of `Query.regions`. Case, accents and punctuation are ignored.",
)


@mutations
class SurveyMutations:
    survey_create = mutation(
        write.create_survey,
        "Create a survey, as a draft that only staff can see.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows=SURVEY,
        community="The community whose members it is for.",
        title=f"The title: at most {write.TITLE_LENGTH} characters.",
        description=f"What the survey is about, and its purpose: at most {write.DESCRIPTION_LENGTH:,} characters.",
        questions=f"The questions in order: 1 to {QUESTIONS}.",
        minimum_participants="Number of members who must be able to answer before the survey opens. At least, and by "
        f"default, the community's `readiness.needed`, which is {FLOOR} or more.",
        opens_on=f"The first day on which it may open, by UTC: any day by default. {NOT_OVER}",
        closes_on=f"The last day on which it can be answered: not before `opensOn`. {NOT_OVER}",
        offered_to="The kinds of organization that may query the survey's dataset, at least one.",
        eligibility="Who in the community can answer: its patients by default.",
        translations=f"The title and the description in other languages. {COMPLETE}",
    )
    survey_revise = mutation(
        write.revise_survey,
        "Revise a survey that has not closed. Everything in a draft can change. Members who see the survey get a new "
        "version, in which questions and options that keep their key or code keep their meaning. Omitted fields do "
        "not change. Null removes `opensOn` or `eligibility`, and is refused elsewhere.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows=SURVEY,
        survey="The survey.",
        revision="The `revision` that the change is based on. If the survey has changed since then, the change is "
        "refused as CONFLICT. If omitted, it replaces whatever others have changed meanwhile.",
        title=f"A new title. {CORRECTIONS_ONCE_OPEN}",
        description=f"A new description. {CORRECTIONS_ONCE_OPEN}",
        questions="All questions. They replace those of a draft. For members who see the survey, they are a new "
        f"version: {KEPT_QUESTIONS}",
        minimum_participants=f"Number of members who must be able to answer before the survey opens. {DRAFTS_ONLY}",
        opens_on=f"A new first day, by UTC, or null for any day. {NOT_OVER} {DRAFTS_ONLY}",
        closes_on=f"A new last day: not before `opensOn`. {NOT_OVER}",
        offered_to=f"The kinds of organization that may query the survey's dataset, at least one. {DRAFTS_ONLY}",
        eligibility="Who in the community can answer, in place of the earlier conditions, or null for no condition. "
        f"{DRAFTS_ONLY}",
        translations="The title and the description in other languages, in place of all earlier ones, or null for "
        f"none. {COMPLETE} {CORRECTIONS_ONCE_OPEN}",
    )
    survey_unschedule = mutation(
        write.unschedule_survey,
        "Return a survey that waits to open to draft, where everything can change. Schedule it again afterwards.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows=SURVEY,
        survey="The survey. Refused once it has opened.",
    )

"""The questionnaires of the demonstration's surveys, and the rules that decide which questions are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.research.surveys import QuestionKind, RuleOperator


@dataclass(frozen=True)
class Rule:
    on: str
    operator: RuleOperator
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionTemplate:
    """A question with {c} for the condition; `options` are (code, label) pairs, or `SYMPTOMS` for the community's own.

    `most` is the largest number of choices.
    """

    key: str
    text: str
    kind: QuestionKind
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    bins: tuple[float, ...] = ()
    most: int | None = None
    help: str | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class AnswerValue:
    """An answer; which of the four fields is set depends on the question's kind."""

    codes: tuple[str, ...] = ()
    number: float | None = None
    day: date | None = None
    text: str | None = None


YES_NO = (("YES", "Yes"), ("NO", "No"))
SYMPTOMS = (("symptoms", ""),)
LIFE = (
    QuestionTemplate("year_of_diagnosis", "In which year were you told that you have {c}?", QuestionKind.NUMBER, minimum=1950, maximum=2100,
        bins=(1950, 1990, 2000, 2010, 2015, 2020, 2100), help="The year is enough."),
    QuestionTemplate("burden", "How much did {c} weigh on your days in the last four weeks?", QuestionKind.SCALE, minimum=0, maximum=10,
        help="0 is not at all, 10 more than you can bear."),
    QuestionTemplate("symptoms", "Which of these bother you most?", QuestionKind.MULTIPLE_CHOICE, options=SYMPTOMS, most=3,
        help="Choose up to three."),
    QuestionTemplate("work", "Do you work at present?", QuestionKind.SINGLE_CHOICE, options=(
        ("FULL_TIME", "Full time"), ("PART_TIME", "Part time"), ("SICK_LEAVE", "On sick leave"), ("NONE", "Not at present"),
        ("RETIRED", "Retired"))),
    QuestionTemplate("hours", "Has {c} changed your working hours?", QuestionKind.SINGLE_CHOICE, options=YES_NO,
        rules=(Rule("work", RuleOperator.IN, ("FULL_TIME", "PART_TIME")),)),
    QuestionTemplate("helper", "Does somebody help you at home?", QuestionKind.SINGLE_CHOICE, options=YES_NO,
        rules=(Rule("burden", RuleOperator.GREATER_THAN, ("5",)),)),
    QuestionTemplate("help_kinds", "With what?", QuestionKind.MULTIPLE_CHOICE, required=False, options=(
        ("HOUSE", "The house"), ("SHOPPING", "Shopping"), ("BODY", "Washing and dressing"), ("PAPERS", "Paperwork"),
        ("TRANSPORT", "Getting about")), rules=(Rule("helper", RuleOperator.EQUALS, ("YES",)),)),
    QuestionTemplate("last_visit", "When did you last see a specialist for {c}?", QuestionKind.DATE, required=False),
    QuestionTemplate("visit_kind", "Was that visit in person?", QuestionKind.SINGLE_CHOICE, options=YES_NO,
        rules=(Rule("last_visit", RuleOperator.ANSWERED),)),
    QuestionTemplate("wish", "What would help you most in the coming year?", QuestionKind.TEXT, required=False,
        help="In your own words, without names."),
)  # fmt: skip
CARE = (
    QuestionTemplate("treated", "Are you taking a treatment for {c} at present?", QuestionKind.SINGLE_CHOICE, options=YES_NO),
    QuestionTemplate("satisfaction", "How satisfied are you with it?", QuestionKind.SCALE, minimum=0, maximum=10,
        rules=(Rule("treated", RuleOperator.EQUALS, ("YES",)),)),
    QuestionTemplate("missed", "How many doses did you miss in the last four weeks?", QuestionKind.NUMBER, minimum=0, maximum=120,
        bins=(0, 1, 3, 7, 15, 120), rules=(Rule("treated", RuleOperator.EQUALS, ("YES",)),)),
    QuestionTemplate("missed_why", "What was the main reason?", QuestionKind.SINGLE_CHOICE, options=(
        ("FORGOT", "I forgot"), ("EFFECTS", "Side effects"), ("OUT", "The pharmacy was out of it"), ("WELL", "I felt well"),
        ("OTHER", "Something else")), rules=(Rule("missed", RuleOperator.GREATER_THAN, ("0",)),)),
    QuestionTemplate("disappointed", "What disappoints you?", QuestionKind.MULTIPLE_CHOICE, required=False, most=2, options=(
        ("EFFECT", "It does too little"), ("EFFECTS", "Side effects"), ("BOTHER", "It is cumbersome"), ("COST", "What I pay myself")),
        rules=(Rule("treated", RuleOperator.EQUALS, ("YES",)), Rule("satisfaction", RuleOperator.LESS_THAN, ("5",)))),
    QuestionTemplate("untreated", "Since when have you been without treatment?", QuestionKind.DATE, required=False,
        rules=(Rule("treated", RuleOperator.NOT_EQUALS, ("YES",)),)),
    QuestionTemplate("informed", "How well informed do you feel about your treatments?", QuestionKind.SCALE, minimum=0, maximum=10),
    QuestionTemplate("symptoms", "Which of these should a treatment address first?", QuestionKind.MULTIPLE_CHOICE, options=SYMPTOMS, most=3),
    QuestionTemplate("comment", "Anything we should have asked?", QuestionKind.TEXT, required=False),
)  # fmt: skip
TITLES = (
    ("Living with {c}", "A year with {c}: days, work and help at home. Ten minutes, no names.", LIFE),
    ("Treatments for {c}", "How you take your treatments, what they do and what they cost you. Eight minutes.", CARE),
)
WISHES = (  # in English and in French
    ("A number to call between two visits.", "Un numéro à appeler entre deux visites."),
    ("An appointment within six months.", "Un rendez-vous sans attendre six mois."),
    ("That my doctor and my specialist talk.", "Que mon médecin et mon spécialiste se parlent."),
    ("Somebody to talk to at night.", "Quelqu'un à qui parler la nuit."),
    ("Less paperwork.", "Moins de papiers à remplir."),
    ("To be believed.", "Qu'on me croie."),
)  # fmt: skip


def is_shown(question: QuestionTemplate, answers: Mapping[str, AnswerValue]) -> bool:
    """Whether all of a question's rules hold; for a question without an answer only NOT_EQUALS holds."""
    return all(holds(rule, answers.get(rule.on)) for rule in question.rules)


def holds(rule: Rule, answer: AnswerValue | None) -> bool:
    match rule.operator:
        case RuleOperator.ANSWERED:
            return answer is not None
        case RuleOperator.EQUALS | RuleOperator.IN:
            return answer is not None and any(code in rule.values for code in answer.codes)
        case RuleOperator.NOT_EQUALS:
            return answer is None or not any(code in rule.values for code in answer.codes)
        case RuleOperator.GREATER_THAN:
            return answer is not None and answer.number is not None and answer.number > float(rule.values[0])
        case RuleOperator.LESS_THAN:
            return answer is not None and answer.number is not None and answer.number < float(rule.values[0])

"""Quoting and publishing the questions of an analysis plan together."""

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from planner.costs import IN_PYTHON
from planner.declare import column, graph_type, sql
from resolvers.insight import analysis_plans, analysis_plans_mutations, publications
from schema.access import BUYER, MANAGER
from schema.inputs import nested
from schema.insight.costs import PrivacyCost
from schema.insight.insights import Insight
from schema.insight.insights_mutations import (
    BY,
    DATASET,
    GROUPINGS,
    KIND,
    PRECISION,
    VARIABLE,
    InsightQuote,
    QuoteObstacle,
)
from schema.mutations import Options, given, mutation, mutations, question, shown

QUESTIONS = f"The questions, in any order: at least one, and at most {analysis_plans.MOST_QUESTIONS}."
LICENCE = (
    "The organization's licence to charge for the whole plan, whose purpose the public ledger shows. By default, the "
    "one with the largest quota left among those that cover the dataset."
)
USUAL_QUESTIONS = 10  # for the cost of an operation
QUOTE_COST = USUAL_QUESTIONS * IN_PYTHON

nested(
    analysis_plans.PlannedQuestion,
    "PlannedQuestionInput",
    "A question of an analysis plan.",
    variable=VARIABLE,
    by=BY,
    groupings=GROUPINGS,
    precision=PRECISION,
    kind=KIND,
)


@graph_type(audience=BUYER | MANAGER, python=analysis_plans.PlannedQuote)
class PlannedQuestionQuote:
    """The price of a question within an analysis plan."""

    quote: InsightQuote = column("Its quote by itself, as `insightQuote` returns it.")
    cost: PrivacyCost = sql(
        publications.cost_of,
        "What would be charged for it within the plan. Zero if there is a `sameAs`, or if it is already published.",
    )
    same_as: int | None = column(
        "Zero-based position of the question that is charged in place of this one: the same table, with at least "
        "this precision. Otherwise null."
    )
    covered_with: list[int] = column(
        "Zero-based positions of other questions in the plan whose tables already answer this one, at this precision "
        "or better. It is still charged: remove it to save the cost."
    )
    counted_with: int | None = column(
        "For SUMS, or if SUMS is suggested, the zero-based position of the question whose counts have the numbers of "
        "members. It is published first. Null if published counts have them."
    )


@graph_type(audience=BUYER | MANAGER, python=analysis_plans.PlanQuote)
class InsightPlanQuote:
    """The price of an analysis plan for the viewer. It does not depend on the order of the questions."""

    questions: list[PlannedQuestionQuote] = column("The questions, in the order given.", size=USUAL_QUESTIONS)
    cost: PrivacyCost = sql(publications.cost_of, "What would be charged for all questions.")
    cost_of_uncovered: PrivacyCost = sql(
        publications.cost_of_uncovered,
        "What would be charged without the questions that something else answers (`quote.coveredBy`, `coveredWith`).",
    )
    affordable: bool = column("Whether the viewer's remaining budget suffices for all questions.")
    remaining_after: PrivacyCost = sql(
        publications.remaining_after,
        "What would remain for the viewer of the dataset's budget, or of the licence's quota if that is less. If it "
        "does not suffice, what remains now.",
    )
    obstacles: list[QuoteObstacle] = column(
        "Why publishing the plan would be refused now. Empty if it would be accepted."
    )


insight_plan_quote = question(
    analysis_plans.quote_plan,
    "The price of several insights of a dataset together. A quote is free.",
    only=BUYER | MANAGER,
    answer=InsightPlanQuote,
    input_name="InsightPlanQuoteInput",
    cost=QUOTE_COST,
    dataset=DATASET,
    questions=QUESTIONS,
    licence=LICENCE,
)


@mutations
class AnalysisPlanMutations:
    insight_plan_publish = mutation(
        analysis_plans_mutations.publish_plan,
        "Publish several insights of a dataset for everyone who may read them: all of them, or none. Each table is "
        "charged, and appears in the public ledger, as if it were published by itself.",
        only=BUYER | MANAGER,
        staff_role=StaffRole.DATA_STEWARD,
        user_role=UserRole.ANALYST,
        rate="insights",
        shows={
            "insights": shown(
                list[Insight],
                publications.insights_published,
                "The insight of each question, in the order of the questions. Empty if the mutation was refused, and "
                "null only if reading them failed.",
            ),
            "charged": shown(PrivacyCost, publications.charge_of, "What was charged for all insights."),
            "quote": given(InsightPlanQuote, "The plan's quote, if the budget did not suffice. Otherwise null."),
        },
        options=Options(as_publisher=True, open_to_keys=True, seconds=lambda limits: limits.freezing_seconds),
        dataset=DATASET,
        questions=QUESTIONS,
        licence=LICENCE,
    )

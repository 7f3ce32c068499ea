"""Quoting and publishing the questions of an analysis plan together."""

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
    "The organization's licence that all of it is for: the public ledger shows its purpose, and its quota is charged. "
    "By default, of the licences that cover the dataset, the one with the largest quota left."
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
    """What a question costs as a part of an analysis plan."""

    quote: InsightQuote = column("Its quote by itself, as `insightQuote` gives it.")
    cost: PrivacyCost = sql(
        publications.cost_of,
        "What is charged for it in the plan: zero if there is a `sameAs`, or if it is already published.",
    )
    same_as: int | None = column(
        "Position in the plan, counted from zero, of a question of the same table with at least this precision, which "
        "is charged for both. Otherwise null."
    )
    covered_with: list[int] = column(
        "Positions in the plan of further questions whose tables answer this one, at this precision or better. It is "
        "charged nevertheless: leave it out to read it from one of these, summed over what it lacks."
    )


@graph_type(audience=BUYER | MANAGER, python=analysis_plans.PlanQuote)
class InsightPlanQuote:
    """The price of an analysis plan to the viewer, which does not depend on the order of its questions."""

    questions: list[PlannedQuestionQuote] = column("The questions, in the order given.", size=USUAL_QUESTIONS)
    cost: PrivacyCost = sql(publications.cost_of, "What would be charged for all of it.")
    cost_of_uncovered: PrivacyCost = sql(
        publications.cost_of_uncovered,
        "What would be charged without the questions that have `quote.coveredBy` or `coveredWith`.",
    )
    affordable: bool = column("Whether the viewer's remaining budget suffices for all of it.")
    remaining_after: PrivacyCost = sql(
        publications.remaining_after,
        "What would remain of the dataset's budget for the viewer. If it does not suffice, what remains now.",
    )
    obstacles: list[QuoteObstacle] = column("Why publishing the plan would be refused now. Empty if it would not be.")


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
        rate="insights",
        shows={
            "insights": shown(
                list[Insight],
                publications.insights_published,
                "The insight of each question, in the order of the questions. Empty if the mutation was refused, and "
                "null only if reading them failed.",
            ),
            "charged": shown(PrivacyCost, publications.charge_of, "What was charged for all of them."),
            "quote": given(InsightPlanQuote, "The plan's quote, if the budget did not suffice. Otherwise null."),
        },
        options=Options(as_publisher=True, open_to_keys=True, seconds=lambda limits: limits.freezing_seconds),
        dataset=DATASET,
        questions=QUESTIONS,
        licence=LICENCE,
    )

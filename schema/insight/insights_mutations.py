"""Quoting and publishing insights, which spends privacy budgets."""

from planner.declare import column, graph_enum, graph_type, sql
from privacy.bands import UNKNOWN
from privacy.cubes import MOST_VARIABLES
from privacy.measures import Reliability
from privacy.precision import CONFIDENCE, PRECISIONS, Precision
from resolvers.insight import expectations, groupings, insights_mutations, publications, quotes
from resolvers.transactions import RefusalCode
from schema.access import BUYER, MANAGER
from schema.inputs import nested
from schema.insight.costs import PrivacyCost
from schema.insight.insights import Insight
from schema.mutations import Options, given, mutation, mutations, question, shown

DATASET, VARIABLE = "The dataset.", "The name of the variable to count."
BY = f"The names of the variables to count by: at most {MOST_VARIABLES - 1}. To filter by one, count by it."
LICENCE = (
    "The organization's licence that it is for: the public ledger shows its purpose, and its quota is charged. By "
    "default, of the licences that cover the dataset, the one with the largest quota left."
)
GROUPINGS = (
    "How to merge categories of these variables before they are counted, at no cost: a group of many categories has "
    "the noise of one cell. The same groups are the same question, whatever their order and labels."
)
PRECISION = (
    "The margin of error of each count. More precision costs more. Of MEANS, each mean is at least as precise as one "
    "that is computed from counts with this margin."
)
KIND = "What to publish of the variable: by default, its counts. MEANS requires a variable whose `scale` is INTERVAL."


nested(
    groupings.CategoryGroup,
    "CategoryGroupInput",
    "Categories of a variable that are counted as one.",
    categories="Codes of the categories; at least one. Those of a variable that is `ordinal` must be neighbours.",
    label=f"Label of the group: at most {groupings.LABEL_LENGTH} characters, shown to everyone as it is. By default, "
    "the categories' own labels.",
)
nested(
    groupings.GroupingRequest,
    "GroupingInput",
    "Merges categories of a variable: by `groups`, or as a stored grouping does.",
    variable="Name of the insight's variable or of one in `by`.",
    groups=f"The groups: at most {groupings.MOST_GROUPS}. Categories that are in none are merged into one more group. "
    f"{UNKNOWN} always stays a category of its own. Left out, those of the stored grouping with the name.",
    name=f"Name of a grouping in `Variable.groupings`, in any case. With `groups`, the name to store them under, of at "
    f"most {groupings.NAME_LENGTH} characters, which everyone can read and use. A grouping keeps its first name.",
)


graph_enum(expectations.SuggestionKind, name="QuoteSuggestionKind")


@graph_type(audience=BUYER | MANAGER, python=quotes.PricedPrecision)
class PrecisionPrice:
    """What an insight would cost with one precision."""

    precision: Precision = column("The precision.")
    cost: PrivacyCost = sql(publications.cost_with, "What would be charged: zero if it is already published.")
    affordable: bool = column("Whether the viewer's remaining budget suffices.")


@graph_type(audience=BUYER | MANAGER, python=quotes.Obstacle)
class QuoteObstacle:
    """Why publishing an insight would be refused now."""

    code: RefusalCode = column("Code that `insightPublish` would return.")
    message: str = column("Message for people to read.")


@graph_type(audience=BUYER | MANAGER, python=expectations.Suggestion)
class QuoteSuggestion:
    """What is cheaper or better than a quoted insight."""

    kind: expectations.SuggestionKind = column("What to do.")
    message: str = column("Message for people to read.")
    variable: str | None = column("Name of the variable whose categories to merge. Null for other suggestions.")
    categories: list[str] = column("Codes of the categories to merge. Empty for other suggestions.")


@graph_type(audience=BUYER | MANAGER, python=quotes.Quote)
class InsightQuote:
    """The price of an insight to the viewer. A quote is free, and is computed without looking at anybody's data."""

    cost: PrivacyCost = sql(publications.cost_of, "What would be charged: zero if it is already published.")
    affordable: bool = column("Whether the viewer's remaining budget suffices.")
    already_published: bool = column("Whether it is published with this precision or a better one.")
    cells: int = column("The number of cells. Of MEANS, the number of groups.")
    margin_of_error: int = column(
        f"Half-width of each count's {CONFIDENCE} confidence interval. Of MEANS, that of `Total.unknown`."
    )
    remaining_after: PrivacyCost = sql(
        publications.remaining_after,
        "What would remain of the dataset's budget for the viewer. If it does not suffice, what remains now.",
    )
    cheaper: list[Precision] = column("The precisions that cost less and are affordable, the most expensive first.")
    covered_by: list[Insight] = sql(
        publications.covering_insights,
        "Published insights that already answer it, at this precision or better, the most precise first.",
    )
    prices: list[PrecisionPrice] = column("The price at each precision, the most precise first.", size=len(PRECISIONS))
    least_count_shown: int = column("The smallest count that would not be HIDDEN. Zero for MEANS, which hide nothing.")
    readable_cells: int | None = column(
        "Number of cells expected not to be HIDDEN: computed from the dataset's size and published tables of each "
        "variable, as if the variables were independent. Null if there is no such table of one of them, and for MEANS."
    )
    least_group_for_share: int | None = column(
        f"Number of members that a group needs for a share of a half to be {Reliability.HIGH.value}. Null for a "
        "variable with several values per member, and for MEANS."
    )
    least_group_for_mean: int | None = column(
        f"Number of members that a group needs for the mean to be {Reliability.HIGH.value}, if they are spread evenly "
        "over the categories that have a value. Null for a variable without a mean."
    )
    obstacles: list[QuoteObstacle] = column("Why publishing it would be refused now. Empty if it would not be.")
    suggestions: list[QuoteSuggestion] = column("What is cheaper or better, the cheapest first.")


insight_quote = question(
    quotes.quote_insight,
    "The price of an insight. A quote is free.",
    only=BUYER | MANAGER,
    answer=InsightQuote,
    input_name="InsightQuoteInput",
    dataset=DATASET,
    variable=VARIABLE,
    by=BY,
    groupings=GROUPINGS,
    precision=PRECISION,
    kind=KIND,
    licence=LICENCE,
)


@mutations
class InsightMutations:
    insight_publish = mutation(
        insights_mutations.publish_insight,
        "Publish an insight for everyone who may read it. This spends the dataset's privacy budget. An insight that is "
        "already published is returned free of charge.",
        only=BUYER | MANAGER,
        rate="insights",
        shows={
            "insight": shown(Insight, publications.insight_published),
            "charged": shown(
                PrivacyCost,
                publications.charge_of,
                "What was charged: zero if it was already published, and in a sandbox.",
            ),
            "quote": given(InsightQuote, "What is still affordable, if the budget did not suffice. Otherwise null."),
        },
        options=Options(input_name="InsightInput", as_publisher=True, open_to_keys=True),
        dataset=DATASET,
        variable=VARIABLE,
        by=BY,
        groupings=GROUPINGS,
        precision=PRECISION,
        kind=KIND,
        licence=LICENCE,
    )

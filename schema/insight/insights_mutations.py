"""Quoting and publishing insights, which spends privacy budgets."""

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
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

DATASET, VARIABLE = "The dataset.", "Name of the variable to count."
BY = (
    f"Names of the variables to group by: at most {MOST_VARIABLES - 1}. `where` can only filter on these and on "
    "`variable`."
)
LICENCE = (
    "The organization's licence to charge, whose purpose the public ledger shows. By default, the one with the "
    "largest quota left among those that cover the dataset."
)
GROUPINGS = (
    "Categories to merge before counting, at no cost: a merged category has the noise of a single cell. Neither the "
    "order of groups nor their labels make it another insight."
)
PRECISION = (
    "The margin of error of each count. A smaller margin costs more. For MEANS and SUMS, each mean is at least as "
    "precise as one computed from such counts."
)
KIND = (
    "What to publish about the variable: by default, its counts. MEANS and SUMS require a variable whose `scale` is "
    "INTERVAL. SUMS also requires published COUNTS of the groups, with the same `groupings`, that are precise enough. "
    "Without `by`, the dataset's size takes their place."
)


nested(
    groupings.CategoryGroup,
    "CategoryGroupInput",
    "Categories of a variable to count as one.",
    categories="Codes of the categories; at least one. If the variable is `ordinal`, they must be adjacent.",
    label=f"Label of the group: at most {groupings.LABEL_LENGTH} characters, shown to everyone. By default, the "
    "labels of its categories.",
)
nested(
    groupings.GroupingRequest,
    "GroupingInput",
    "Merges categories of a variable, by `groups` or by a stored grouping.",
    variable="Name of the insight's variable or of one in `by`.",
    groups=f"The groups, at most {groupings.MOST_GROUPS}; remaining categories form one more. {UNKNOWN} is never "
    "merged. If omitted, `name` selects a stored grouping.",
    name="Name of a stored grouping of `Variable.groupings`; case is ignored. With `groups`, the public name to "
    f"store them under: at most {groupings.NAME_LENGTH} characters. It cannot be changed.",
)


graph_enum(expectations.SuggestionKind, name="QuoteSuggestionKind")


@graph_type(audience=BUYER | MANAGER, python=quotes.PricedPrecision)
class PrecisionPrice:
    """The price of an insight at one precision."""

    precision: Precision = column("The precision.")
    cost: PrivacyCost = sql(publications.cost_with, "What would be charged. Zero if it is already published.")
    affordable: bool = column("Whether the viewer's remaining budget suffices.")


@graph_type(audience=BUYER | MANAGER, python=quotes.Obstacle)
class QuoteObstacle:
    """Why publishing an insight would be refused now."""

    code: RefusalCode = column("Code that `insightPublish` would return.")
    message: str = column("Message for people to read.")


@graph_type(audience=BUYER | MANAGER, python=expectations.Suggestion)
class QuoteSuggestion:
    """A cheaper or better alternative to a quoted insight."""

    kind: expectations.SuggestionKind = column("What to do.")
    message: str = column("Message for people to read.")
    variable: str | None = column("Name of the variable whose categories to merge. Null for other suggestions.")
    categories: list[str] = column("Codes of the categories to merge. Empty for other suggestions.")
    cost: PrivacyCost | None = sql(
        publications.cost_by_sums, "What would be charged with the kind SUMS. Null for other suggestions."
    )


@graph_type(audience=BUYER | MANAGER, python=quotes.Quote)
class InsightQuote:
    """The price of an insight for the viewer. A quote is free, and is computed without reading members' data."""

    cost: PrivacyCost = sql(publications.cost_of, "What would be charged. Zero if it is already published.")
    affordable: bool = column("Whether the viewer's remaining budget suffices.")
    already_published: bool = column("Whether it is published with this precision or a better one.")
    cells: int = column("The number of cells. For MEANS and SUMS, the number of groups.")
    margin_of_error: int = column(
        f"Half-width of each count's {CONFIDENCE} confidence interval. For MEANS and SUMS, that of `Total.unknown`."
    )
    remaining_after: PrivacyCost = sql(
        publications.remaining_after,
        "What would remain for the viewer of the dataset's budget, or of the licence's quota if that is less. If it "
        "does not suffice, what remains now.",
    )
    cheaper: list[Precision] = column("The precisions that cost less and are affordable, the most expensive first.")
    covered_by: list[Insight] = sql(
        publications.covering_insights,
        "Published insights that already answer it, at this precision or better, the most precise first.",
    )
    counted_by: Insight | None = sql(
        publications.counted_with,
        "For SUMS, or if SUMS is suggested, a published insight with the numbers of members of the groups. Null if the "
        "dataset's size has them, or another question of the plan.",
    )
    prices: list[PrecisionPrice] = column("The price at each precision, the most precise first.", size=len(PRECISIONS))
    least_count_shown: int = column(
        "The smallest count that would not be HIDDEN. Zero for MEANS and SUMS, where nothing is hidden."
    )
    readable_cells: int | None = column(
        "Expected number of cells that are not HIDDEN, computed from the dataset's size and published tables of each "
        "variable, as if the variables were independent. Null if a variable has no published table, and for MEANS "
        "and SUMS."
    )
    least_group_for_share: int | None = column(
        f"Smallest group in which a share of one half would be {Reliability.HIGH.value}. Null for a variable with "
        "several values per member, and for MEANS and SUMS."
    )
    least_group_for_mean: int | None = column(
        f"Smallest group in which the mean would be {Reliability.HIGH.value}, if its members are spread evenly over "
        "the categories that have a value. Null for a variable without a mean."
    )
    obstacles: list[QuoteObstacle] = column("Why publishing it would be refused now. Empty if it would be accepted.")
    suggestions: list[QuoteSuggestion] = column("Cheaper or better alternatives, the cheapest first.")


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
        staff_role=StaffRole.DATA_STEWARD,
        user_role=UserRole.ANALYST,
        rate="insights",
        shows={
            "insight": shown(Insight, publications.insight_published),
            "charged": shown(
                PrivacyCost,
                publications.charge_of,
                "What was charged. Zero if it was already published, and in a sandbox.",
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

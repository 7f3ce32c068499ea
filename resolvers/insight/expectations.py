"""Adds to a quote what the insight will show, and what would be cheaper or better, without reading any record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.database import Connection
from models.languages import Language
from models.messages import counted, message
from privacy import expecting
from privacy.cubes import Cube, cells_in
from privacy.described import DescribedEnum
from privacy.domains import Variable
from resolvers.insight.positioned import PositionedVariable, variables_at

MOST_TABLES = 20  # from which shares are taken, those of the fewest cells first


class SuggestionKind(DescribedEnum):
    """A cheaper or better alternative to the quoted insight."""

    PUBLISHED = "PUBLISHED", "It is already published, and is returned at no cost."
    COVERED = "COVERED", "Published insights, listed in `coveredBy`, answer it at no cost."
    SUMS = (
        "SUMS",
        "The kind SUMS has the same means for less, at the `cost` of the suggestion: `countedBy` has the numbers of "
        "members, or the dataset's size has it if nothing is grouped.",
    )
    MERGE_CATEGORIES = (
        "MERGE_CATEGORIES",
        "Few members are in the `categories` of the `variable`. Merged by `groupings`, at the same cost, they may be "
        "readable.",
    )
    LESS_PRECISE = "LESS_PRECISE", "A coarser precision, the first of `cheaper`, is affordable."


@dataclass(frozen=True)
class Suggestion:
    """What is cheaper or better; of MERGE_CATEGORIES, the variable's name and the codes of the categories.

    Of SUMS, what it costs, in micro-rho.
    """

    kind: SuggestionKind
    message: str
    variable: str | None = None
    categories: Sequence[str] = ()
    micro_rho: int | None = None


@dataclass(frozen=True)
class Expectation:
    """What a table will show, if drawn with the quoted precision."""

    least_count: int
    least_group_for_share: int | None
    least_group_for_mean: int | None
    readable: int | None  # cells; None if no published table has one of the variables
    rare: Sequence[tuple[Variable, Sequence[int]]] = field(repr=False, default=())  # places that can be merged


async def expect(
    connection: Connection, dataset: UUID, size: int, cube: Sequence[PositionedVariable], variable: str, sigma: float
) -> Expectation:
    """The expectation of a table of this dataset, which has the noisy size `size`, by what the role may read."""
    variables = [placed.variable for placed in cube]
    shares = await _published_shares(connection, dataset, variables, size)
    readable, rare = None, list[tuple[Variable, Sequence[int]]]()
    cells = cells_in(variables)
    if shares is not None:
        readable = expecting.readable_cells(shares, size, sigma)
        for each, share in zip(variables, shares, strict=True):
            places = expecting.rare_categories(each, share, size, sigma, cells)
            if places and not each.groups:
                rare.append((each, places))
    counted = next(each for each in variables if each.name == variable)
    return Expectation(
        least_count=expecting.least_count_shown(sigma, cells),
        least_group_for_share=expecting.least_group_for_share(counted, sigma),
        least_group_for_mean=expecting.least_group_for_mean(counted, sigma),
        readable=readable,
        rare=rare,
    )


def suggestions(
    expected: Expectation,
    language: Language,
    *,
    is_published: bool,
    is_covered: bool,
    cheaper: str | None,
    sums: int | None = None,
) -> list[Suggestion]:
    """What is cheaper or better; `cheaper` is the coarser precision to advise, if the quoted one is not affordable.

    `sums` is what the same means cost by SUMS, in micro-rho, if there are counts for it.
    """
    if is_published:
        reason = message("This is already published: publishing it again costs nothing.")
        return [Suggestion(SuggestionKind.PUBLISHED, reason.in_language(language))]
    found = []
    if is_covered:
        reason = message("The insights in `coveredBy` answer it at no cost.")
        found.append(Suggestion(SuggestionKind.COVERED, reason.in_language(language)))
    if sums is not None:
        reason = message(
            "With the kind SUMS, the same means cost {cost:,} micro-rho: the numbers of members are known.", cost=sums
        )
        found.append(Suggestion(SuggestionKind.SUMS, reason.in_language(language), micro_rho=sums))
    for variable, places in expected.rare:
        reason = counted(
            "{count} category of {variable} has few members. Merge it with another by `groupings`: the cost is "
            "the same.",
            "{count} categories of {variable} have few members. Merge them by `groupings`: the cost is the same.",
            len(places),
            variable=variable.name,
        )
        codes = [variable.categories[place].code for place in places]
        found.append(Suggestion(SuggestionKind.MERGE_CATEGORIES, reason.in_language(language), variable.name, codes))
    if cheaper is not None:
        reason = message("The precision {precision} is still affordable.", precision=cheaper)
        found.append(Suggestion(SuggestionKind.LESS_PRECISE, reason.in_language(language)))
    return found


def expect_means(variable: Variable, sigma: float, counts_sigma: float | None = None) -> Expectation:
    """The expectation of means with noise of this scale: of no cells, none of which are hidden.

    With `counts_sigma`, the scale of the noise of the numbers of members, by SUMS.
    """
    return Expectation(
        least_count=0,
        least_group_for_share=None,
        least_group_for_mean=expecting.least_group_for_mean_by_sums(variable, sigma, counts_sigma),
        readable=None,
    )


async def _published_shares(
    connection: Connection, dataset: UUID, variables: Sequence[Variable], size: int
) -> list[Sequence[float]] | None:
    rows = await connection.fetch(
        """
        SELECT r.variables, r.estimates, r.sigma FROM insight.release r
        WHERE r.dataset_id = $1 AND cardinality(r.variables) > 0 AND cardinality(r.estimates) > 0
        AND r.measured IS NULL AND EXISTS (
            SELECT FROM insight.variable v
            WHERE v.dataset_id = r.dataset_id AND v.position = any(r.variables) AND v.name = any($2))
        ORDER BY cardinality(r.estimates), r.sigma, r.published_at, r.id LIMIT $3
        """,
        dataset,
        [each.name for each in variables],
        MOST_TABLES,
    )
    known = await variables_at(connection, dataset, sorted({at for row in rows for at in row["variables"]}))
    cubes = [
        Cube(tuple(known[at].variable for at in row["variables"]), tuple(row["estimates"]), row["sigma"])
        for row in rows
    ]
    found = [expecting.shares_of(each, cubes, size) for each in variables]
    return None if any(each is None for each in found) else [each for each in found if each is not None]

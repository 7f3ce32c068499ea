"""Analysis plans: several questions of a dataset, which are priced together and published as one act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cohorte.graph.enums import InsightKind, Precision
from cohorte.graph.fragments import Cost, PlanQuoteFields
from cohorte.insights import Insight
from cohorte.tables import Kind, Table

if TYPE_CHECKING:
    import pandas
    import polars

_PRICE: dict[str, Kind] = {
    "variable": str,
    "by": str,
    "kind": str,
    "precision": str,
    "micro_rho": int,
    "alone_micro_rho": int,
    "same_as": int,
    "covered_with": str,
    "counted_with": int,
    "covered_by": str,
    "cells": int,
    "readable_cells": int,
}


def names_in(by: Sequence[str]) -> Sequence[str]:
    """The names of variables to group by; a text is one name, though it is a sequence of letters too."""
    return [by] if isinstance(by, str) else by


@dataclass(frozen=True)
class Question:
    """A question of a plan. Its fields are those of `Client.quote` with the same names."""

    variable: str
    by: Sequence[str] = ()
    precision: Precision | str = Precision.WITHIN_20
    kind: InsightKind | str = InsightKind.COUNTS
    groupings: Sequence[Mapping[str, Any]] = ()

    def as_input(self) -> dict[str, Any]:
        """The question as inputs have it."""
        asked: dict[str, Any] = {
            "variable": self.variable,
            "by": list(names_in(self.by)),
            "precision": str(getattr(self.precision, "value", self.precision)),
            "kind": str(getattr(self.kind, "value", self.kind)),
        }
        return asked | {"groupings": [dict(each) for each in self.groupings]} if self.groupings else asked


@dataclass(frozen=True)
class PlanQuote:
    """The price of a plan, which does not depend on the order of its questions.

    `prices` has a row for each question, in their order: `micro_rho` is what is charged for it in the plan, and
    `alone_micro_rho` by itself. `same_as` is the place, from 0, of the question that is charged for the same table.
    `covered_with` has the places of questions that answer it too, and `covered_by` the published insights that do.
    `counted_with` is the place of the question with the numbers of members, for SUMS or means that may be such.
    `fields` has all that the server said, such as `fields.questions[0].quote.suggestions`.
    """

    prices: Table
    cost: Cost
    cost_of_uncovered: Cost  # without the questions that others of the plan, or published insights, answer
    affordable: bool
    remaining_after: Cost
    obstacles: tuple[str, ...]  # why it would be refused now, in sentences
    fields: PlanQuoteFields

    def to_pandas(self) -> pandas.DataFrame:
        """The prices for pandas."""
        return self.prices.to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The prices for polars."""
        return self.prices.to_polars()


@dataclass(frozen=True)
class PlanPublication:
    """The insights of a plan, one for each question in their order, and what was charged for all of them."""

    insights: tuple[Insight, ...]
    charged: Cost


def plan_quote_of(questions: Sequence[Question], found: PlanQuoteFields) -> PlanQuote:
    """The quote of these questions."""
    rows = []
    for question, priced in zip(questions, found.questions, strict=True):
        asked = question.as_input()
        rows.append(
            {
                "variable": asked["variable"],
                "by": ", ".join(asked["by"]),
                "kind": asked["kind"],
                "precision": asked["precision"],
                "micro_rho": priced.cost.micro_rho,
                "alone_micro_rho": priced.quote.cost.micro_rho,
                "same_as": priced.same_as,
                "covered_with": ", ".join(map(str, priced.covered_with)),
                "counted_with": priced.counted_with,
                "covered_by": ", ".join(each.id for each in priced.quote.covered_by),
                "cells": priced.quote.cells,
                "readable_cells": priced.quote.readable_cells,
            }
        )
    return PlanQuote(
        prices=Table(_PRICE, tuple(rows)),
        cost=found.cost,
        cost_of_uncovered=found.cost_of_uncovered,
        affordable=found.affordable,
        remaining_after=found.remaining_after,
        obstacles=tuple(each.message for each in found.obstacles),
        fields=found,
    )

"""Reads the results of publishing and quoting insights."""

from sqlalchemy import func, true

from models.insight import insights
from models.rows import Row, Rows, row, select
from resolvers.insight.costs import cost
from resolvers.insight.insights import first_insight_of


def insight_published(payload: Row) -> Rows:
    """One row: the insight that a mutation has published."""
    insight = row(insights.Insight)
    return select(insight).where(insight.id == payload.insight_id)


def insights_published(payload: Row) -> Rows:
    """The insight of each question of a plan, in their order: some questions may have the same."""
    insight = row(insights.Insight)
    ids = func.unnest(payload.insight_ids).table_valued("id", with_ordinality="place").render_derived()
    return select(insight).join(ids, true()).where(insight.id == ids.c.id).order_by(ids.c.place)


def charge_of(payload: Row) -> Rows:
    """The charge as one row; no row if the mutation was refused."""
    return cost(payload.charged_micro_rho).where(payload.charged_micro_rho.is_not(None))


def cost_of(quote: Row) -> Rows:
    """One row with the cost, in micro-rho."""
    return cost(quote.micro_rho)


def cost_with(price: Row) -> Rows:
    """One row: the cost with another precision, in micro-rho."""
    return cost(price.micro_rho)


def cost_of_uncovered(quote: Row) -> Rows:
    """One row: the cost of the questions that nothing else answers, in micro-rho."""
    return cost(quote.uncovered_micro_rho)


def cost_by_sums(suggestion: Row) -> Rows:
    """The cost of the suggested kind, in micro-rho, as one row; no row if another kind of thing is suggested."""
    return cost(suggestion.micro_rho).where(suggestion.micro_rho.is_not(None))


def counted_with(quote: Row) -> Rows:
    """One row: an insight with the numbers of members of SUMS; no row without one."""
    insight = row(insights.Insight)
    return select(insight).where(insight.id == first_insight_of(quote.counts_id))


def remaining_after(quote: Row) -> Rows:
    """One row: what would be left of the budget, in micro-rho."""
    return cost(quote.remaining_micro_rho)


def covering_insights(quote: Row) -> Rows:
    """The published insights that answer the quoted one, in the quote's order."""
    insight = row(insights.Insight)
    found = select(insight).where(insight.id == func.any(quote.insight_ids))
    return found.order_by(func.array_position(quote.insight_ids, insight.id))

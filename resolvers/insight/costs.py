"""Reads privacy costs: micro-rho, and the equivalent epsilon."""

from sqlalchemy import BigInteger, Double, cast, func, literal_column

from models.rows import Expression, Rows, select

# The delta at which every epsilon is stated.
DELTA = cast(literal_column("1e-6"), Double)


def cost(micro_rho: Expression) -> Rows:
    """A privacy cost as one row: micro-rho, the equivalent epsilon at DELTA, and DELTA."""
    micro_rho = cast(micro_rho, BigInteger)
    return select(
        micro_rho.label("micro_rho"), func.insight.epsilon(micro_rho, DELTA).label("epsilon"), DELTA.label("delta")
    )

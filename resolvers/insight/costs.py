"""Privacy costs as rows: micro-rho, and the epsilon that they amount to."""

from sqlalchemy import BigInteger, Double, cast, func, literal_column

from models.rows import Expression, Rows, select

# The chance, of which a stated epsilon takes no account, that is told with every cost.
DELTA = cast(literal_column("1e-6"), Double)


def cost(micro_rho: Expression) -> Rows:
    """A privacy cost as one row: micro-rho, and the epsilon that it comes to at DELTA."""
    micro_rho = cast(micro_rho, BigInteger)
    return select(
        micro_rho.label("micro_rho"), func.insight.epsilon(micro_rho, DELTA).label("epsilon"), DELTA.label("delta")
    )

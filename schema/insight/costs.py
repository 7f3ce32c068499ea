"""Privacy costs."""

from planner.declare import column, graph_type
from schema.access import PUBLIC


@graph_type(audience=PUBLIC)
class PrivacyCost:
    """A cost in zero-concentrated differential privacy (zCDP): a bound on what is revealed about any one member."""

    micro_rho: int = column("Cost in micro-rho, millionths of zCDP's rho. Costs add up.")
    epsilon: float = column("The same cost as the epsilon of (epsilon, delta)-differential privacy.")
    delta: float = column("The delta at which `epsilon` is stated.")

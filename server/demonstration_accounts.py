"""The accounts with which anybody can sign in to the demonstration network, by view."""

from models.viewers import Audience

PASSWORD = "demonstration"  # noqa: S105 - of demonstration accounts, and printed
DOMAIN = "demo.example"
# The first of each view is the one that GraphiQL signs in by a click.
NAMES = {
    Audience.PATIENT: ("patient", "relative", "association"),
    Audience.BUYER: ("laboratory", "hospital", "mutual", "insurer"),
    Audience.MANAGER: ("moderator", "manager", "steward", "editor"),
}


def addresses(audience: Audience) -> list[str]:
    """The e-mail addresses of a view's accounts."""
    return [f"{name}@{DOMAIN}" for name in NAMES.get(audience, ())]

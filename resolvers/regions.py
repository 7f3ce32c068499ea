"""Reads regions in any case, with or without accents and punctuation, as the names that datasets use."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, Text, cast
from sqlalchemy.dialects.postgresql import array

from models.messages import message
from models.rows import Expression
from privacy.domains import REGIONS
from resolvers.texts import folded, is_blank
from resolvers.transactions import Step, invalid

NAMES: Mapping[str, str] = {folded(name): name for name in REGIONS}
ACCEPTED = ", ".join(REGIONS)


def region_of(text: str, *path: Step) -> str:
    """The region that a text names, as datasets spell it. Raises Refused: INVALID, with the accepted names."""
    if is_blank(text):
        raise invalid(message("This must not be empty."), *path)
    name = NAMES.get(folded(text))
    if name is None:
        raise invalid(message("This is not a known region. Accepted: {accepted}.", accepted=ACCEPTED), *path)
    return name


def regions() -> Expression:
    """An array of the names that datasets use, in their order."""
    names: Expression = cast(array(REGIONS), ARRAY(Text))
    return names

"""The terms of use."""

from datetime import date

from models.identity import terms as tables
from planner.declare import column, graph_type
from resolvers.identity import terms as resolve
from schema.access import PUBLIC
from schema.in_context import Language
from schema.pagination import Node
from schema.text_lengths import LEGAL_LENGTH


@graph_type(audience=PUBLIC, row=tables.Terms, prefix="trm", key=("language", "version"), among=resolve.terms_so_far)
class Terms(Node):
    """The terms of use that members accept: among other things, not to collect or pass on what other members share."""

    version: str = column("Version, to pass on when accepting them.")
    language: Language = column("Language of the text.")
    text: str = column("Text to show.", characters=LEGAL_LENGTH)
    in_force_on: date = column("The day from which this version applies, by UTC.")

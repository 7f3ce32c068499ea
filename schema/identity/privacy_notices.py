"""The privacy notice."""

from datetime import date

from models.identity import privacy_notices as tables
from planner.declare import column, graph_type
from resolvers.identity import privacy_notices as resolve
from schema.access import PUBLIC
from schema.in_context import Language
from schema.pagination import Node
from schema.text_lengths import LEGAL_LENGTH


@graph_type(
    audience=PUBLIC,
    row=tables.PrivacyNotice,
    prefix="pvn",
    key=("language", "version"),
    among=resolve.privacy_notices_so_far,
)
class PrivacyNotice(Node):
    """The privacy notice that members read when they register: which data are stored, why, and for how long."""

    version: str = column("Version, to pass on as `noticeVersion` when registering.")
    language: Language = column("Language of the text.")
    text: str = column("Text to show.", characters=LEGAL_LENGTH)
    in_force_on: date = column("The day from which this version applies, by UTC.")

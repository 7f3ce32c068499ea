"""Undertakings that organizations accept when they request licences."""

from models.languages import Language
from planner.declare import column, graph_type
from schema.access import PUBLIC
from schema.text_lengths import LEGAL_LENGTH


@graph_type(audience=PUBLIC)
class Undertakings:
    """What an organization undertakes when it requests a licence, in one language. A version never changes."""

    version: str = column("Version.")
    language: Language = column("Language of the text.")
    text: str = column("The undertakings.", characters=LEGAL_LENGTH)

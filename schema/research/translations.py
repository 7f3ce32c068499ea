"""Texts that nobody has translated yet, as staff list them."""

from models.research import translations as tables
from planner.declare import column, graph_enum, graph_type, sql
from resolvers.research import translations as resolve
from resolvers.research.surveys_mutations import DESCRIPTION_LENGTH
from schema.access import MANAGER
from schema.in_context import Language
from schema.pagination import Node

graph_enum(tables.TranslatedKind)


@graph_type(audience=MANAGER)
class MissingTranslation:
    """A text without a translation: readers of that language are shown it in English."""

    language: Language = column("The language that is missing.")
    subject: Node = sql(resolve.subject_of, "What the text belongs to. For an option of a question, the question.")
    field: str = column("Name of the field of `subject`, or of its option, that has the text.")
    option: str | None = sql(resolve.option_of, "Code of the option. Null unless the text is an option's label.")
    text: str = column(
        "The text to translate. For a list, its entries separated by commas.", characters=DESCRIPTION_LENGTH
    )

"""Help lines.

At first they are those of France: 3114 (service-public.fr, A15206), and 15, 112 and 114 (service-public.fr, F33954). An
operator in another country replaces them: `python -m commands.help_lines`.
"""

from models.identity import help_lines as tables
from planner.declare import column, graph_type
from schema.access import PUBLIC
from schema.in_context import Language


@graph_type(audience=PUBLIC, row=tables.HelpLine)
class HelpLine:
    """A service for people in distress, or worried about someone."""

    number: str = column("Number to dial, such as `112`.")
    language: Language = column("Language of the texts.")
    name: str = column("Name of the service.")
    description: str = column("Whom it helps, how to reach it, and when.")

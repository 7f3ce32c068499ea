"""The history of the catalogue."""

from datetime import datetime

from models.community import catalogue_changes as tables
from planner.declare import column, graph_type, sql
from resolvers.catalogue_entries import DESCRIPTION_LENGTH
from resolvers.community import catalogue_changes as resolve
from schema.access import MANAGER
from schema.pagination import Node


@graph_type(audience=MANAGER, row=tables.CatalogueChange, prefix="cch")
class CatalogueChange(Node):
    """A change of one field of a condition, a community, an indicator or a treatment."""

    subject: Node | None = sql(resolve.subject_of, "What was changed. Null if it no longer exists.")
    field: str | None = column("Name of the field that was changed. Null if the subject was created.")
    before: str | None = column("Its value before, as text. Null if it had none.", characters=DESCRIPTION_LENGTH)
    after: str | None = column(
        "Its value after, as text; the name of a subject that was created. Null if it has none.",
        characters=DESCRIPTION_LENGTH,
    )
    changed_by: str | None = column(
        "Name of the staff member at that time. Null if a command of the operator changed it."
    )
    changed_at: datetime = column("When it was changed.")

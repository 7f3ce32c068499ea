"""Table of changes to the catalogue: who changed what and when, from what to what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from models.columns import Table, key, moment, one_of, reference, within

SUBJECTS = ("com", "con", "ind", "trt")  # what changes are about, by the prefix of its ids


class CatalogueChange(Table, table=True):
    """A change of one field of a condition, a community, an indicator or a treatment. Rows are only ever added.

    `field` is its name in the graph, and null where the subject was created. `changed_by` is the staff member's name at
    that time; it is null if a command made the change.
    """

    __table_args__ = within(
        "catalog",
        one_of(SUBJECTS, "subject_type"),
        Index(None, "changed_at", "id"),
        Index(None, "subject_id", "changed_at", "id"),
        Index(None, "staff_id"),
    )

    id: UUID = key()
    subject_type: str
    subject_id: UUID
    field: str | None = None
    before: str | None = None
    after: str | None = None
    staff_id: UUID | None = reference("identity.staff.id", gone="SET NULL", nullable=True)
    changed_by: str | None = None
    changed_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})

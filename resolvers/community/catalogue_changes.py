"""Reads the history of the catalogue, and the translations of its entries."""

from uuid import UUID

from models.community import catalogue_changes as tables
from models.community import communities
from models.rows import Branches, Row, Rows, Value, row, select
from models.tracking import observations, treatments


def catalogue_changes(*, subject: Value[UUID] | None = None) -> Rows:
    """The catalogue's history, the newest change first; that of one entry, if `subject` is its key."""
    change = row(tables.CatalogueChange)
    found = select(change).order_by(change.changed_at.desc(), change.id.desc())
    return found if subject is None else found.where(change.subject_id == subject)


def subject_of(change: Row) -> Branches:
    """The entry that a change is about, found by the id prefix of its type."""
    condition, community = row(communities.Condition), row(communities.Community)
    indicator, treatment = row(observations.Indicator), row(treatments.Treatment)
    kind, id = change.subject_type, change.subject_id
    return Branches(
        (
            select(condition).where(kind == "con", condition.id == id),
            select(community).where(kind == "com", community.id == id),
            select(indicator).where(kind == "ind", indicator.id == id),
            select(treatment).where(kind == "trt", treatment.id == id),
        )
    )

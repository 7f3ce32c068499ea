"""Reads the pages of associations, and the history of their verification."""

from sqlalchemy import Text, cast, column, func
from sqlalchemy.dialects.postgresql import JSONB, array

from models.identity import associations as tables
from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, row, select


def association_of(owner: Row) -> Rows:
    """The page of a member."""
    found = row(tables.Association)
    return select(found).where(found.member_id == owner.id)


def associations_in(community: Row) -> Rows:
    """The pages of the verified associations of a community."""
    found = row(tables.Association)
    here = found.community_ids.op("@>")(array([community.id]))
    return select(found).where(here).order_by(ordered_as(found.full_name), found.member_id)


def descriptions_of(association: Row) -> Rows:
    """A row for each language, by its tag."""
    texts = func.jsonb_each(association.translations).table_valued(
        column("key", Text()), column("value", JSONB()), name="texts"
    )
    described = (func.upper(texts.c.key).label("language"), texts.c.value["description"].astext.label("text"))
    return select(*described).select_from(texts).order_by(texts.c.key)


def verifications_of(association: Row) -> Rows:
    """The decisions about whether the association is what it says, the newest first."""
    found = row(tables.Verification)
    of_association = select(found).where(found.member_id == association.member_id)
    return of_association.order_by(found.created_at.desc(), found.id.desc())


def verified_by(verification: Row) -> Expression:
    """The moderator's name; null if none decided, they have left, or the viewer is no moderator."""
    return cast(func.care.verified_by(verification.staff_id), Text())

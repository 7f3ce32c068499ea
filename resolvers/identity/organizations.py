"""Reads organizations and their API keys."""

from collections.abc import Collection

from sqlalchemy import ARRAY, Text, case, cast
from sqlalchemy.dialects.postgresql import array

from models.identity import organizations as tables
from models.identity.organizations import ALLOWED, PurposeKind
from models.name_order import ordered_as
from models.rows import Expression, Row, Rows, ViewerIds, row, select


def organization(*, viewer: ViewerIds) -> Rows:
    """One row: the viewer's own, or none."""
    found = row(tables.Organization)
    return select(found).where(found.id == viewer.organization)


def organizations() -> Rows:
    """All organizations that the viewer may read, by name."""
    organization = row(tables.Organization)
    return select(organization).order_by(ordered_as(organization.name), organization.id)


def organization_of(owner: Row) -> Rows:
    """One row, by `organization_id`; none if that is null."""
    organization = row(tables.Organization)
    return select(organization).where(organization.id == owner.organization_id)


def api_keys_of(organization: Row) -> Rows:
    """Keys, with those that are revoked, the newest first."""
    api_key = row(tables.ApiKey)
    found = select(api_key).where(api_key.organization_id == organization.id)
    return found.order_by(api_key.created_at.desc(), api_key.id.desc())


def api_key_of(made: Row) -> Rows:
    """One row: the key that a mutation has created or revoked."""
    api_key = row(tables.ApiKey)
    return select(api_key).where(api_key.id == made.api_key_id)


def purposes_of(organization: Row) -> Expression:
    """The names of the purposes, in their order."""
    return case(*((organization.kind == kind, _names(allowed)) for kind, allowed in ALLOWED.items()))


def _names(purposes: Collection[PurposeKind]) -> Expression:
    names: Expression = cast(array([each.value for each in PurposeKind if each in purposes]), ARRAY(Text))
    return names

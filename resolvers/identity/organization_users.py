"""Reads the users of organizations, and who of them had an insight published."""

from sqlalchemy import case, false, func, or_

from models.identity import organization_users as tables
from models.identity.organization_users import UserStatus
from models.rows import Expression, Row, Rows, ViewerIds, row, select


def users_of(organization: Row) -> Rows:
    """The organization's users, with those whose invitation has not expired, by address."""
    user = row(tables.OrganizationUser)
    waits_or_joined = or_(user.joined_at.is_not(None), user.expires_at > func.now())
    found = select(user).where(user.organization_id == organization.id, waits_or_joined)
    return found.order_by(user.email, user.id)


def user_of(made: Row) -> Rows:
    """One row, by `organization_user_id`."""
    user = row(tables.OrganizationUser)
    return select(user).where(user.id == made.organization_user_id)


def viewers_user(owner: Row, *, viewer: ViewerIds) -> Rows:
    """The viewer as a user of their organization; no row for a program."""
    user = row(tables.OrganizationUser)
    return select(user).where(is_viewer(user, viewer=viewer))


def is_viewer(user: Row, *, viewer: ViewerIds) -> Expression:
    """A boolean; false for a program with a key."""
    return func.coalesce(user.id == func.insight.user_of_account(viewer.account), false())


def status_of(user: Row) -> Expression:
    """A UserStatus: ACTIVE once the user has accepted their invitation."""
    joined = user.joined_at.is_not(None)
    return case((joined, UserStatus.ACTIVE.value), else_=UserStatus.INVITED.value)


def published_by(insight: Row) -> Expression:
    """A user's address at that time, or a key's name; null for other organizations."""
    requester = row(tables.ReleaseRequester)
    return select(requester.name).where(requester.release_id == insight.release_id).scalar_subquery()

"""Conditions by which an index finds the rows that a viewer may read, without those that a policy would hide.

They repeat policies, which still apply: for lists of which the time must not depend on what is hidden.
"""

from sqlalchemy import ARRAY, Uuid, cast, func

from models.identity.accounts import Staff, StaffRole
from models.identity.members import Profile, Sharing
from models.rows import Expression, Rows, ViewerIds, row, select, word

SHARED_WITH_ALL = word(Sharing.ALL_MEMBERS.value)
SHARED_IN_COMMUNITIES = word(Sharing.MY_COMMUNITIES.value)


def viewer_communities() -> Expression:
    """The viewer's communities, and those that have merged into them, as an array. Computed once for each statement."""
    return cast(select(func.care.viewer_communities()).scalar_subquery(), ARRAY(Uuid))


def viewer_patients() -> Expression:
    """The patients whose diary the viewer keeps, as an array. Computed once for each statement."""
    return cast(select(func.care.viewer_patients()).scalar_subquery(), ARRAY(Uuid))


def is_shared(sharing: Expression, in_common: Expression) -> Expression:
    """Whether a row with this copy of the profile's `sharing` is shared with the viewer."""
    return (sharing == SHARED_WITH_ALL) | ((sharing == SHARED_IN_COMMUNITIES) & in_common)


def is_entrusted(member_id: Expression, viewer: ViewerIds) -> Expression:
    """Whether a member is the viewer, or a patient whose diary they keep."""
    return member_id == func.any(func.array_append(viewer_patients(), viewer.member))


def unindexed(column: Expression, value: Expression) -> Expression:
    """Whether they are equal, in a form that no index serves: another condition finds the rows."""
    return column.is_not_distinct_from(value)


def among(id: Expression, ids: Rows) -> Expression:
    """Whether an id is one of those that the SELECT finds, which is read first."""
    return id == func.any(func.array(ids.scalar_subquery()))


def readable(member_id: Expression) -> Expression:
    """The id of a member, null unless the viewer may read their profile, and so their diary."""
    profile = row(Profile)
    return select(profile.member_id).where(profile.member_id == member_id).scalar_subquery()


def has_role(viewer: ViewerIds, role: StaffRole) -> Expression:
    """Whether the viewer is staff and has the role."""
    staff = row(Staff)
    return select(staff.id).where(staff.id == viewer.staff, word(role.value) == func.any(staff.roles)).exists()

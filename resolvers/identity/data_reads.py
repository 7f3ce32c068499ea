"""Reads the trail of who read members' data, and what it records of a row."""

from models.identity import data_reads as tables
from models.identity import members
from models.rows import Expression, Row, Rows, row, select


def data_reads_of(me: Row) -> Rows:
    """When staff and relatives have read the member's data, the newest first."""
    read = row(tables.DataRead)
    return select(read).where(read.member_id == me.member_id).order_by(read.read_at.desc(), read.id.desc())


def relative_of(read: Row) -> Rows:
    """One row, or none if staff have read."""
    relative = row(members.Member)
    return select(relative).where(relative.id == read.relative_id)


# What staff may see of a member: policies hide the rest, of which nothing is read.
def has_profile(member: Row) -> Expression:
    """A boolean: whether the viewer may read a profile of the member."""
    profile = row(members.Profile)
    return select(profile.member_id).where(profile.member_id == member.id).exists()


def has_memberships(member: Row) -> Expression:
    """A boolean: whether the viewer may read a membership of the member."""
    membership = row(members.Membership)
    return select(membership.member_id).where(membership.member_id == member.id).exists()

"""Checks the status of communities, for what only open ones allow."""

from models.community.communities import CommunityStatus
from models.messages import message
from resolvers.transactions import Step, too_early, too_late

DRAFT = message("This community is a draft. A catalogue editor has to open it first: communityOpen.")
OVER = {
    CommunityStatus.MERGED: message("This community has merged into another one."),
    CommunityStatus.CLOSED: message("This community has closed."),
}


def refuse_unless_open(status: CommunityStatus | None, *path: Step) -> None:
    """Raises Refused: TOO_EARLY for a draft, TOO_LATE if the community has closed or merged. None is no fault of it."""
    if status is CommunityStatus.DRAFT:
        raise too_early(DRAFT, *path)
    if status in OVER:
        raise too_late(OVER[status], *path)

"""What a write function may use of a request besides its input and the viewer."""

from dataclasses import dataclass

from models.viewers import Viewer
from resolvers.identity.attempts import AttemptLimit
from resolvers.transactions import Write


@dataclass(frozen=True)
class Call:
    """A request, and the settings that write functions go by. The graph fills a parameter of this type."""

    viewer: Viewer
    apart: Write  # opens transactions of their own in the public view's role, which alone may look at credentials
    device: str | None  # what the client calls itself
    address: str | None  # the client's
    demonstration: bool  # whether the demonstration network's accounts may sign in
    notice_version: str  # of the privacy notice in force
    minimum_age: int  # of members, in years
    sign_ins: AttemptLimit  # with a password
    mails: AttemptLimit  # to have a code mailed

"""Defines what write functions can use of a request besides its input and viewer."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from models.viewers import Viewer
from resolvers.identity.attempts import AttemptLimit
from resolvers.identity.second_factors_rules import SecondFactorSettings
from resolvers.transactions import Write


@dataclass(frozen=True)
class JoinLimits:
    """How many communities a member may join: on one day, in their first week, and in all."""

    a_day: int
    at_first: int
    most: int


@dataclass(frozen=True)
class OpenedSession:
    """A session that a mutation opens: who has signed in, and its token."""

    viewer: Viewer
    token: str = field(repr=False)
    in_cookie: bool  # whether the token is kept in a cookie


@dataclass(frozen=True)
class Call:
    """A request, and settings that write functions depend on. The graph fills parameters of this type."""

    viewer: Viewer
    apart: Write  # opens separate transactions as the public view's role, the only one that may check credentials
    device: str | None  # the client's description of itself
    address: str | None  # the client's IP address
    demonstration: bool  # whether accounts of the demonstration network may sign in
    minimum_age: int  # of members, in years
    sign_ins: AttemptLimit  # of sign-ins with a password
    proofs: AttemptLimit  # of proofs by a second factor, and of passwords for a code that was mailed
    mails: AttemptLimit  # of requests for a mailed code
    joins: JoinLimits
    second_factors: SecondFactorSettings
    takes_cookie: bool  # whether the response may set a session cookie
    opened: Callable[[OpenedSession], None]  # notes who signs in, once the transaction is committed

    @property
    def caller(self) -> Hashable:
        """Whose turn work with passwords is."""
        return self.viewer.account or self.address

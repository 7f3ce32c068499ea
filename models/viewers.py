"""Callers: the four audiences, their PostgreSQL roles, and the viewer's ids."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from models.languages import DEFAULT, Language
from privacy.described import DescribedEnum


class Login(Protocol):
    """A PostgreSQL role to log in as, and the short name that prefixes its policies."""

    @property
    def role(self) -> str: ...

    @property
    def view(self) -> str: ...


class Audience(DescribedEnum):
    """The audience whose view of the graph a caller gets."""

    PUBLIC = "PUBLIC", "Callers who have not signed in."
    PATIENT = "PATIENT", "Members: patients, relatives and associations."
    BUYER = "BUYER", "Users and programs of organizations."
    MANAGER = "MANAGER", "Cohorte's staff."

    @property
    def view(self) -> str:
        """The name of the audience's view of the graph, as in `/schema/{view}.graphql`."""
        return self.value.lower()

    @property
    def role(self) -> str:
        """The PostgreSQL role of the view's connections."""
        return f"cohorte_{self.view}"

    @property
    def setting(self) -> str | None:
        """The setting with the viewer's id that row-level security reads; None for the public."""
        return SETTINGS.get(self)


SETTINGS = {
    Audience.PATIENT: "cohorte.member",
    Audience.BUYER: "cohorte.organization",
    Audience.MANAGER: "cohorte.staff",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The authenticated caller: an audience, and the ids that belong to it.

    `language` is the account's, until the request's is known; None if they ask for none, which `reads_in` resolves.
    """

    audience: Audience = Audience.PUBLIC
    account: UUID | None = None
    session: UUID | None = None
    member: UUID | None = None
    organization: UUID | None = None
    staff: UUID | None = None
    roles: frozenset[str] = frozenset()
    api_key: UUID | None = None  # set for an organization's program, which has neither account nor session
    language: Language | None = None
    # Read by each statement: the id that row-level security uses, as text (the value of the audience's setting), and
    # the language in which they are answered.
    scope: str | None = field(init=False, repr=False, compare=False)
    reads_in: Language = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        id = self.member or self.organization or self.staff
        object.__setattr__(self, "scope", None if id is None else str(id))
        object.__setattr__(self, "reads_in", self.language or DEFAULT)

    @property
    def opened_by(self) -> UUID | None:
        """The id of the session or API key that authenticates the caller; revoking it ends their access."""
        return self.session or self.api_key

    def speaking(self, language: Language | None) -> "Viewer":
        """The same viewer, in this language."""
        return self if language is self.language else _speaking(self, language)


@lru_cache(maxsize=1_000)
def _speaking(viewer: Viewer, language: Language | None) -> Viewer:
    return replace(viewer, language=language)


ANYBODY = Viewer()

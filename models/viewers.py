"""The only place for who may be asking: the four audiences, their PostgreSQL roles, and a viewer's ids."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from privacy.described import DescribedEnum


class Login(Protocol):
    """A PostgreSQL role that connections log in as, and the short name that its policies begin with."""

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
        """The name of its view of the graph, as in `/schema/{view}.graphql`."""
        return self.value.lower()

    @property
    def role(self) -> str:
        """The PostgreSQL role that its connections log in as."""
        return f"cohorte_{self.view}"

    @property
    def setting(self) -> str | None:
        """The setting that a statement carries its viewer's id in, for row-level security; the public has none."""
        return SETTINGS.get(self)


SETTINGS = {
    Audience.PATIENT: "cohorte.member",
    Audience.BUYER: "cohorte.organization",
    Audience.MANAGER: "cohorte.staff",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who the server takes the caller for: an audience, and the ids that go with it."""

    audience: Audience = Audience.PUBLIC
    account: UUID | None = None
    session: UUID | None = None
    member: UUID | None = None
    organization: UUID | None = None
    staff: UUID | None = None
    roles: frozenset[str] = frozenset()
    api_key: UUID | None = None  # of an organization's program, which has neither account nor session

    @property
    def opened_by(self) -> UUID | None:
        """The id of what it asks with, a session or a key: once that is revoked it is nobody."""
        return self.session or self.api_key

    @property
    def scope(self) -> str | None:
        """The id that row-level security goes by, as text: what the audience's setting is set to."""
        id = self.member or self.organization or self.staff
        return None if id is None else str(id)


ANYBODY = Viewer()

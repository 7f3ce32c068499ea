"""A database with published insights, and the callers who may or may not read them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.organizations import OrganizationKind
from models.insight.datasets import DatasetKind, DatasetStatus
from models.insight.licences import LicenceStatus
from models.research.surveys import ParticipationStatus
from privacy.precision import Precision
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.clusters import clone
from tests.support.network import Network, network_on
from tests.support.waves import Wave, variable, wave

TODAY = datetime.now(UTC).date()
FATIGUE = variable("fatigue", "LOW", "MEDIUM", "HIGH", ordinal=True)
SEX = variable("sex", "FEMALE", "MALE")
SYMPTOMS = variable("symptoms", "PAIN", "SLEEP", several=2)
BY_SEX = [90, 40, 30, 5, 60, 50, 20, 7, 9, 3, -2, 1]  # sex by fatigue, fatigue running fastest
BY_SYMPTOM = [60, 70, 20, 80, 40, 30, 5, 9, 2]  # sex by symptoms


@dataclass
class Published:
    """A server on a database with published insights, and callers who read them."""

    server: Network
    wave: Wave
    ended: Wave
    ids: dict[str, str]
    who: dict[str, User]
    line: int  # the position of this network's first ledger entry

    async def __call__(self, who: str | Caller, text: str, variables: dict[str, Any] | None = None) -> Any:
        caller = self.who[who] if isinstance(who, str) else who
        answer = await self.server.ask(caller, text, {"id": self.ids["fatigue"]} | (variables or {}))
        assert "errors" not in answer, answer
        return answer["data"]

    async def refused(self, who: str, arguments: str) -> str:
        """The error message for cells of the fatigue insight with these arguments."""
        text = f"query ($id: ID!) {{ insight(id: $id) {{ cells({arguments}) {{ count }} }} }}"
        answer = await self.server.ask(self.who[who], text, {"id": self.ids["fatigue"]})
        (error,) = answer["errors"]
        assert (error["extensions"], error["path"]) == ({"code": "BAD_USER_INPUT"}, ["insight", "cells"])
        return str(error["message"])


@pytest_asyncio.fixture(scope="session")
async def published(template: str) -> AsyncIterator[Published]:
    """Yields the database with published insights, and its callers, for reads only."""
    async with clone(template) as address, network_on(address) as server:
        yield await furnished(server)


async def furnished(server: Network, suffix: str = "") -> Published:
    """What the tests publish and read, whose slugs and names have this suffix: a server may have several of these."""
    home = await factories.community(server.database, slug=f"home{suffix}", name="Home")
    away = await factories.community(server.database, slug=f"away{suffix}", name="Away")
    treatment = await factories.treatment(server.database, slug=f"tea{suffix}", name="Tea")
    of_home, of_away = {"community_id": home["id"]}, {"community_id": away["id"]}
    who = {
        "patient": await server.member(),
        "withdrawn": await server.member(),
        "of the community": await server.member(home["id"]),
        "of the other community": await server.member(away["id"]),
        "respondent": await server.member(),
        "stranger": await server.member(),
        "manager": await server.staff(StaffRole.DATA_STEWARD),
    }
    licensed = await buyer(server, who, suffix, "licensed", of_home)
    await buyer(server, who, suffix, "running out today", of_home, starts_on=TODAY, ends_on=TODAY)
    await buyer(server, who, suffix, "run out", of_home, starts_on=TODAY - timedelta(9), ends_on=TODAY - timedelta(1))
    await buyer(server, who, suffix, "not begun", of_home, starts_on=TODAY + timedelta(1))
    await buyer(server, who, suffix, "ended", of_home, status=LicenceStatus.ENDED)
    await buyer(server, who, suffix, "only asked for", of_home, status=LicenceStatus.REQUESTED)
    await buyer(server, who, suffix, "of another community", of_away)
    await buyer(server, who, suffix, "of a kind that is not offered it", of_home, kind=OrganizationKind.INSURER)
    await buyer(server, who, suffix, "unlicensed", None)

    spring = await wave(
        server.database,
        SEX,
        FATIGUE,
        SYMPTOMS,
        **of_home,
        title="Tracking of Home",
        wave="2026 spring",
        frozen_on=date(2026, 3, 2),
        spent_micro_rho=100_000,
        sold_micro_rho=90_000,
        size=313,
        subjects={"symptoms": treatment["id"]},
    )
    for name, withdrawn in (("patient", None), ("withdrawn", datetime(2026, 3, 4, 12, tzinfo=UTC))):
        of = {"dataset_id": spring.id, "member_id": who[name].id}
        await factories.enrolment(
            server.database, **of, withdrawn_at=withdrawn, enrolled_at=datetime.now(UTC) - timedelta(9)
        )
    old = await factories.dataset(server.database, **of_home, frozen_on=date(2020, 1, 1), status=DatasetStatus.ENDED)
    of = {"dataset_id": old["id"], "member_id": who["patient"].id}
    await factories.enrolment(
        server.database, **of, reserved_micro_rho=7_000, enrolled_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    line = 1 + await server.database.fetchval("select coalesce(max(position), 0) from insight.ledger_entry")
    await spring.size(published_at=moment(2))
    ids = await spring.publish(
        ("sex", "fatigue"), BY_SEX, published_at=moment(3), organization_id=licensed, precision=Precision.WITHIN_10
    )
    several = await spring.publish(("sex", "symptoms"), BY_SYMPTOM, published_at=moment(5))
    survey = await factories.survey(server.database, **of_away)
    ended = await wave(
        server.database,
        SEX,
        **of_away,
        kind=DatasetKind.SURVEY,
        survey_id=survey["id"],
        title="Sleep",
        frozen_on=date(2026, 5, 1),
        status=DatasetStatus.ENDED,
        ended_on=date(2026, 6, 1),
        spent_micro_rho=1_000,
    )
    await factories.participation(
        server.database, member_id=who["respondent"].id, survey_id=survey["id"], status=ParticipationStatus.COMPLETED
    )
    theirs = await ended.publish(("sex",), [50, 60, 9], published_at=moment(6))
    unanswered = await factories.survey(server.database, **of_home)
    small = await factories.dataset(
        server.database,
        **of_home,
        survey_id=unanswered["id"],
        kind=DatasetKind.SURVEY,
        frozen_on=date(2026, 8, 1),
        status=DatasetStatus.TOO_SMALL,
    )
    ids |= {
        "symptoms": several["symptoms"],
        "symptoms by": several["sex"],
        "away": theirs["sex"],
        "dataset": f"dst_{spring.id}",
        "ended": f"dst_{ended.id}",
        "small": f"dst_{small['id']}",
        "survey": f"svy_{survey['id']}",
        "small survey": f"svy_{unanswered['id']}",
        "home": str(home["id"]),
        "organization": f"org_{licensed}",
    }
    return Published(server, spring, ended, ids, who, line)


def moment(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


async def buyer(
    server: Network, who: dict[str, User], suffix: str, name: str, community: dict[str, UUID] | None, **given: Any
) -> UUID:
    """An organization with one licence, granted and running by default; its user is stored in `who` by name."""
    kind = given.pop("kind", OrganizationKind.LABORATORY)
    organization = await factories.organization(server.database, name=f"Who is {name}{suffix}", kind=kind)
    id: UUID = organization["id"]
    if community is not None:
        dates = {"starts_on": TODAY - timedelta(1), "ends_on": TODAY + timedelta(9)}
        await factories.licence(server.database, organization_id=id, **community, **(dates | given))
    who[name] = await server.signed_in(name, id, organization_id=id)
    return id

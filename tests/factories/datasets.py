"""Factories of datasets, their domains, enrolments and records."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from models.insight import datasets
from models.research import surveys
from privacy.budget import TERM_DAYS
from tests.factories.catalogue import community
from tests.factories.members import member
from tests.factories.rows import DAY, Connection, fake, numbers, row_of


async def dataset(connection: Connection, **given: Any) -> asyncpg.Record:
    """A wave of a community without variables; it ends a year after freezing."""
    frozen_on = given.get("frozen_on", DAY)
    return await fake(
        connection,
        datasets.Dataset,
        given,
        {"community_id": community},
        kind=datasets.DatasetKind.TRACKING,
        title="Tracking, spring",
        wave=f"wave {next(numbers)}",
        frozen_on=frozen_on,
        ends_on=frozen_on + timedelta(days=TERM_DAYS),
        offered_to=["LABORATORY", "HOSPITAL"],
        domain_version=1,
        status=datasets.DatasetStatus.OPEN,
        size=260,
        cap_micro_rho=250_000,
    )


async def variable(connection: Connection, *, codes: Sequence[str] = (), **given: Any) -> asyncpg.Record:
    """A variable of a dataset, at the next position unless one is given, with categories of these codes."""
    if "dataset_id" not in given:
        given["dataset_id"] = (await dataset(connection))["id"]
    place = await row_of(
        connection,
        "SELECT coalesce(max(position), 0) + 1 AS position, coalesce(max(slot + max_per_member), 0) AS slot"
        " FROM insight.variable WHERE dataset_id = $1",
        given["dataset_id"],
    )
    position = given.get("position", place["position"])
    made = await fake(
        connection,
        datasets.Variable,
        given,
        position=position,
        name=f"variable_{position}",
        label=f"Variable {position}",
        ordinal=False,
        max_per_member=1,
        slot=place["slot"],
        rule=datasets.DomainRule.SEX,
    )
    for number, code in enumerate(codes):
        await category(connection, dataset_id=made["dataset_id"], variable=made["position"], place=number, code=code)
    return made


async def category(connection: Connection, **given: Any) -> asyncpg.Record:
    if "variable" not in given:
        of = {"dataset_id": given["dataset_id"]} if "dataset_id" in given else {}
        made = await variable(connection, **of)
        given |= {"dataset_id": made["dataset_id"], "variable": made["position"]}
    label = given.get("code", "UNKNOWN").capitalize()
    return await fake(connection, datasets.Category, given, place=0, code="UNKNOWN", label=label)


async def enrolment(connection: Connection, **given: Any) -> asyncpg.Record:
    purpose = surveys.ConsentPurpose.TRACKING_RESEARCH
    parents = {"dataset_id": dataset, "member_id": member}
    return await fake(connection, datasets.Enrolment, given, parents, purpose=purpose, reserved_micro_rho=250_000)


async def record(connection: Connection, **given: Any) -> asyncpg.Record:
    """A member's record, with an enrolment if they have none."""
    if not {"dataset_id", "member_id"} <= set(given):
        made = await enrolment(connection, **{name: id for name, id in given.items() if name.endswith("_id")})
        given |= {"dataset_id": made["dataset_id"], "member_id": made["member_id"]}
    return await fake(connection, datasets.Record, given, codes=b"\0")

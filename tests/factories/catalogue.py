"""Factories of the catalogue: conditions, communities, indicators and treatments."""

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg

from models.community import catalogue_changes, communities, sources
from models.tracking import observations, treatments
from tests.factories.rows import NOON, Connection, fake, numbers


async def condition(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, communities.Condition, given, name=f"Condition {next(numbers)}", icd10="M05")


async def community(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        communities.Community,
        given,
        {"condition_id": condition},
        slug=f"community-{number}",
        name=f"Community {number}",
        description="Who live with it.",
        counted_on=date(9999, 1, 1),  # no server that runs meanwhile publishes its counts
    )


async def catalogue_change(connection: Connection, **given: Any) -> asyncpg.Record:
    values = {"subject_type": "con", "field": "name", "before": "Old", "after": "New", "changed_by": "Staff"}
    return await fake(
        connection, catalogue_changes.CatalogueChange, given, {"subject_id": condition}, changed_at=NOON, **values
    )


async def community_indicator(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "indicator_id": indicator}
    return await fake(connection, communities.CommunityIndicator, given, parents, position=next(numbers))


async def community_treatment(connection: Connection, **given: Any) -> asyncpg.Record:
    parents = {"community_id": community, "treatment_id": treatment}
    return await fake(connection, communities.CommunityTreatment, given, parents, position=next(numbers))


async def indicator(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        observations.Indicator,
        given,
        slug=f"indicator-{number}",
        name=f"Indicator {number}",
        kind=observations.IndicatorKind.SYMPTOM,
        scale=observations.Scale.RATING_0_10,
        minimum=0.0,
        maximum=10.0,
    )


async def treatment(connection: Connection, **given: Any) -> asyncpg.Record:
    number = next(numbers)
    return await fake(
        connection,
        treatments.Treatment,
        given,
        slug=f"treatment-{number}",
        name=f"Treatment {number}",
        kind=treatments.TreatmentKind.MEDICATION,
    )


async def source_entry(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        sources.SourceEntry,
        given,
        source="bdpm",
        kind="treatment",
        code=f"{next(numbers):08}",
        row_id=uuid4(),
    )

"""The only place for what members do with their diaries, as the graph offers it: recording, and taking back."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from models.viewers import Viewer
from models.viewing import Connection
from planner.declare import graph_type, sql
from resolvers import tracking as resolve
from resolvers import tracking_writes as write
from schema.access import PATIENT
from schema.context import Context
from schema.tracking import Observation
from schema.writing import Payload, carry_out, client_mutation_id, id_of, id_or_none


@strawberry.input(description="One value of one indicator.")
class ObservationEntry:
    indicator: strawberry.ID = strawberry.field(description="The indicator's id; a day has one value of each.")
    value: float = strawberry.field(
        description="From the indicator's `minimum` to its `maximum`; whole where its scale is of grades."
    )
    note: str | None = strawberry.field(default=None, description="A note beside it, at most 1,000 characters.")


@strawberry.input(description="A day's check-in.")
class ObservationsRecordInput:
    observed_on: date = strawberry.field(description="The day that the values are about; none that is still to come.")
    entries: list[ObservationEntry] = strawberry.field(
        description="At most 100 values. One of a day and indicator that has a value already replaces it."
    )
    on_behalf_of: strawberry.ID | None = strawberry.field(
        default=None,
        description="The id of the member whose diary the viewer keeps as its relative, by an accepted care link.",
    )
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class ObservationsRecordPayload(Payload):
    """What recording came to: all entries, or none."""

    observation_ids: strawberry.Private[list[UUID] | None] = None
    observations: list[Observation] = sql(
        resolve.observations_made, "What was written down, in the entries' order; empty where it was refused."
    )


@strawberry.input(description="An observation to be taken back.")
class ObservationRemoveInput:
    observation: strawberry.ID = strawberry.field(description="The observation's id.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PATIENT)
class ObservationRemovePayload(Payload):
    """What taking an observation back came to."""

    removed: strawberry.Private[UUID | None] = None
    observation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what was removed; null where it was refused."
    )
    observation: Observation | None = sql(
        resolve.observation_left, "Null: what was removed is not there to be read, nor kept anywhere."
    )


async def record_observations(
    info: strawberry.Info[Context, None], input: ObservationsRecordInput
) -> ObservationsRecordPayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        patient = None
        if input.on_behalf_of is not None:
            patient = id_of(input.on_behalf_of, "mbr", "input", "onBehalfOf")
        entries = [write.Entry(id_or_none(entry.indicator, "ind"), entry.value, entry.note) for entry in input.entries]
        made = await write.record_observations(
            connection, viewer, observed_on=input.observed_on, entries=entries, patient=patient
        )
        return {"observation_ids": made}

    return await carry_out(info, ObservationsRecordPayload, input, work)


async def remove_observation(
    info: strawberry.Info[Context, None], input: ObservationRemoveInput
) -> ObservationRemovePayload:
    async def work(connection: Connection, viewer: Viewer) -> Mapping[str, Any]:
        observation = id_of(input.observation, "obs", "input", "observation")
        removed = await write.remove_observation(connection, viewer, observation=observation)
        return {"removed": removed, "observation_id": f"obs_{removed}"}

    return await carry_out(info, ObservationRemovePayload, input, work)

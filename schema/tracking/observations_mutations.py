"""Mutations of diaries: recording and removing observations."""

from resolvers.tracking import observations as resolve
from resolvers.tracking import observations_mutations as write
from schema.access import PATIENT
from schema.inputs import nested
from schema.mutations import Options, given_id, mutation, mutations, shown
from schema.scalars import MEMBERS_DAY
from schema.tracking.observations import Observation

nested(
    write.ObservationEntry,
    "ObservationEntry",
    "One value of one indicator.",
    indicator="The indicator, which has one value a day.",
    value="From the indicator's `minimum` to its `maximum`. A whole number if its scale has grades.",
    note=f"A note on the value: at most {write.NOTE_LENGTH:,} characters.",
)


@mutations
class TrackingMutations:
    observation_remove = mutation(
        write.remove_observation,
        "Remove an observation of the viewer, or of a patient whose diary they keep.",
        only=PATIENT,
        rate="diary",
        shows={
            "observation_id": given_id("obs", "The id of the removed observation."),
            "observation": shown(Observation, resolve.observation_left, "Always null: the observation is deleted."),
        },
        options=Options(read_by="removed"),
        observation="The observation.",
    )
    observations_record = mutation(
        write.record_observations,
        "Record a day's values. If one is refused, none is recorded. A value replaces an earlier one of its day and "
        "indicator.",
        only=PATIENT,
        rate="diary",
        shows={"observations": shown(list[Observation], resolve.observations_made)},
        observed_on=f"The day of the values. {MEMBERS_DAY}",
        entries=f"1 to {write.ENTRIES} values.",
        on_behalf_of="The patient whose diary the viewer keeps, by an accepted care link. The viewer by default.",
    )

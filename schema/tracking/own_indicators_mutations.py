"""Mutations of members' own indicators."""

from models.tracking.observations import Scale
from resolvers.own_entries import NAME_LENGTH
from resolvers.tracking import observations, own_indicators
from resolvers.tracking import own_indicators_mutations as write
from resolvers.tracking.catalogue_indicators_mutations import LARGEST
from resolvers.tracking.observations_mutations import NOTE_LENGTH
from schema.access import PATIENT
from schema.mutations import Options, given_id, mutation, mutations, shown
from schema.scalars import MEMBERS_DAY
from schema.tracking.observations import Indicator
from schema.tracking.own_indicators import OwnIndicator, OwnObservation

LEAST_RATING, MOST_RATING = write.BOUNDS[Scale.RATING_0_10]
LEAST_GRADE, MOST_GRADE = write.BOUNDS[Scale.GRADE_NONE_TO_SEVERE]
BOUND = (
    f"From -{LARGEST:,.0f} to {LARGEST:,.0f}. Required for a QUANTITY, not accepted for other scales: a "
    f"rating goes from {LEAST_RATING:g} to {MOST_RATING:g}, and a grade from {LEAST_GRADE:g} to {MOST_GRADE:g}."
)
NAME = f"Its name, on a single line: at most {NAME_LENGTH} characters, different from the member's others."
OWN = {"own_indicator": shown(OwnIndicator, own_indicators.own_indicator_made, "The indicator.")}


@mutations
class OwnIndicatorMutations:
    own_indicator_create = mutation(
        write.create_own_indicator,
        "Create an indicator that the catalogue lacks, to track at once. Whatever the member shares, only they and "
        "relatives who keep their diary can see it and its observations. No dataset contains them.",
        only=PATIENT,
        rate="diary",
        shows=OWN,
        name=NAME,
        scale="The scale of its values.",
        unit=f"The unit of a QUANTITY: at most {write.UNIT_LENGTH} characters. Not accepted for other scales.",
        minimum=f"The smallest value accepted. {BOUND}",
        maximum=f"The largest value accepted. {BOUND}",
        on_behalf_of="The patient whose diary the viewer keeps, by an accepted care link. The viewer by default. A "
        f"member can have at most {write.OWN_INDICATORS} indicators of their own.",
    )
    own_indicator_delete = mutation(
        write.delete_own_indicator,
        "Delete an indicator of the viewer's own, with its observations.",
        only=PATIENT,
        rate="diary",
        shows={
            "own_indicator_id": given_id("own", "The id of the deleted indicator."),
            "own_indicator": shown(
                OwnIndicator, own_indicators.own_indicator_left, "Always null: the indicator is deleted."
            ),
        },
        options=Options(read_by="removed"),
        own_indicator="An indicator of the viewer's own.",
    )
    own_indicator_merge = mutation(
        write.merge_own_indicator,
        "Move the observations of an indicator of the viewer's own to an indicator of the catalogue. They are then "
        "shared like the viewer's other observations. On a day with a value of both, neither moves.",
        only=PATIENT,
        rate="diary",
        shows={
            "indicator": shown(Indicator, observations.indicator_of),
            "own_indicator": shown(
                OwnIndicator,
                own_indicators.own_indicator_made,
                "The viewer's own indicator, with what was not moved. Null if everything was moved: it is deleted.",
            ),
        },
        own_indicator="An indicator of the viewer's own.",
        into="An indicator with the same scale and unit. The bounds of a rating or a grade must be equal; "
        "those of a quantity must contain every value.",
    )
    own_indicator_rename = mutation(
        write.rename_own_indicator,
        "Rename an indicator of the viewer's own.",
        only=PATIENT,
        rate="diary",
        shows=OWN,
        own_indicator="An indicator of the viewer's own.",
        name=NAME,
    )
    own_observation_record = mutation(
        write.record_own_observation,
        "Record a day's value of an indicator of the viewer's own, or of a patient whose diary they keep. It replaces "
        "an earlier value of the day.",
        only=PATIENT,
        rate="diary",
        shows={"own_observation": shown(OwnObservation, own_indicators.own_observation_made, "The observation.")},
        own_indicator="The indicator, which has one value a day.",
        observed_on=f"The day of the value. {MEMBERS_DAY}",
        value="From the indicator's `minimum` to its `maximum`. A whole number if its scale has grades.",
        note=f"A note on the value: at most {NOTE_LENGTH:,} characters.",
    )
    own_observation_remove = mutation(
        write.remove_own_observation,
        "Remove an observation of an indicator of the viewer's own, or of a patient whose diary they keep.",
        only=PATIENT,
        rate="diary",
        shows={
            "own_observation_id": given_id("oob", "The id of the removed observation."),
            "own_observation": shown(
                OwnObservation, own_indicators.own_observation_left, "Always null: the observation is deleted."
            ),
        },
        options=Options(read_by="removed"),
        own_observation="The observation.",
    )

"""Mutations that open surveys: scheduling them."""

from models.identity.accounts import StaffRole
from privacy import thresholds
from privacy.budget import CAP, COUNT_PRECISION, LARGEST_CAP, LEAST_CAP, SURVEYS_YEARLY, YEARLY
from privacy.precision import price
from resolvers.insight import openings_mutations as write
from resolvers.research import surveys
from schema.access import MANAGER
from schema.mutations import Options, mutation, mutations, shown
from schema.research.surveys import Survey


@mutations
class OpeningMutations:
    survey_schedule = mutation(
        write.schedule_survey,
        "Schedule a draft: it opens on its day, once enough members can answer it. This is decided by a count with "
        f"noise, once a day, and costs {thresholds.PRICE:,} micro-rho, and {price(COUNT_PRECISION)} for each month in "
        f"which its progress is published: {SURVEYS_YEARLY:,} within a year for all surveys of a community.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows={"survey": shown(Survey, surveys.survey_of)},
        options=Options(as_publisher=True, seconds=lambda limits: limits.freezing_seconds),
        survey="The survey.",
        revision="The `revision` that has been checked. If the survey has changed since then, this is refused as "
        "CONFLICT.",
        cap="The privacy budget of its dataset, in micro-rho, which participants see before they answer: "
        f"{LEAST_CAP:,} to {LARGEST_CAP:,}. It is reserved from each participant's yearly allowance of {YEARLY:,}. A "
        "smaller budget leaves room for more surveys, but covers fewer or less precise insights. Defaults to "
        f"{CAP:,}.",
    )

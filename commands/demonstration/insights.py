"""Freezes the demonstration's datasets and publishes insights from them, with the server's own code.

No figures are made up. Surveys are closed, waves frozen and insights published from the demonstration's rows, under its
consents, each with a budget, noise and an entry in the ledger; only the dates are set to the past. The noise is real:
figures, ids, and whether a survey close to the floor reaches it differ from run to run.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg

from commands.demonstration.catalogue import Catalogue
from commands.demonstration.surveys import Closing
from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind
from models.insight.datasets import DatasetKind
from models.viewers import Audience, Viewer
from privacy.budget import CAP
from privacy.precision import Precision
from resolvers.identity.outbox import deliver_all
from resolvers.insight.counts import publish_community, publish_network, publish_progress
from resolvers.insight.freezing import freeze_survey, freeze_wave
from resolvers.insight.insight_requests import InsightRequest
from resolvers.insight.insights_mutations import publish
from resolvers.insight.openings import begin as begin_opening
from resolvers.jobs import forget_records

# A community's wave is frozen if its public count of consenting members makes it likely that 200 are enrolled.
ENOUGH = 300
# Days before today. Every patient of the trial has their last observation in the 90 days before its wave.
WAVE_DAYS, TRIAL_WAVE_DAYS = 20, 145
TRIAL = "rheumatoid-arthritis"  # the other trial's 59 patients are too few for a dataset
SCLEROSIS = "multiple-sclerosis"


@dataclass(frozen=True)
class PlannedInsight:
    """An insight that an organization publishes from a community's latest dataset of a kind."""

    who: OrganizationKind
    community: str
    kind: DatasetKind
    variable: str
    by: tuple[str, ...] = ()
    precision: Precision = Precision.WITHIN_20


LABORATORY, HOSPITAL, MUTUAL, INSURER = OrganizationKind
SURVEY, TRACKING = DatasetKind
FINE = Precision.WITHIN_10
SCORE = "arthritis_self_assessment"
# Tables of few groups, so that counts are far above the noise. The trial's result, the change and the last level of each
# arm, gets most of what is published of the trial.
PLANNED_INSIGHTS = (
    PlannedInsight(LABORATORY, SCLEROSIS, TRACKING, "age_band", precision=FINE),
    PlannedInsight(LABORATORY, SCLEROSIS, TRACKING, "first_treatment", precision=FINE),
    PlannedInsight(LABORATORY, SCLEROSIS, TRACKING, "course_ocrelizumab"),
    PlannedInsight(LABORATORY, SCLEROSIS, TRACKING, "change_fatigue"),
    PlannedInsight(LABORATORY, TRIAL, TRACKING, f"change_{SCORE}", ("first_treatment",), FINE),
    PlannedInsight(LABORATORY, TRIAL, TRACKING, f"level_{SCORE}", ("first_treatment",), FINE),
    PlannedInsight(HOSPITAL, SCLEROSIS, TRACKING, "level_fatigue", ("sex",), FINE),
    PlannedInsight(HOSPITAL, SCLEROSIS, SURVEY, "burden", precision=FINE),
    PlannedInsight(HOSPITAL, TRIAL, TRACKING, f"change_{SCORE}", precision=FINE),
    PlannedInsight(MUTUAL, SCLEROSIS, SURVEY, "helper", precision=FINE),
    PlannedInsight(MUTUAL, TRIAL, TRACKING, "first_treatment", precision=FINE),
    PlannedInsight(INSURER, SCLEROSIS, SURVEY, "work", precision=FINE),
    PlannedInsight(INSURER, SCLEROSIS, TRACKING, "time_since_diagnosis"),
    PlannedInsight(INSURER, TRIAL, TRACKING, "age_band", precision=FINE),
)
# Datasets that are open today to a licensed buyer: if the network's history ended long ago, licences and datasets have
# ended as well.
QUERYABLE = """
select a.id as account, o.id as organization, d.id as dataset
from insight.dataset d join catalog.community c on c.id = d.community_id
join insight.licence l on l.community_id = c.id join insight.organization o on o.id = l.organization_id
join identity.account a on a.organization_id = o.id
where c.slug = $1 and d.kind = $2 and d.status = 'OPEN' and o.kind = $3 and o.kind = any(d.offered_to)
    and l.status = 'GRANTED' and catalog.today() between l.starts_on and l.ends_on
    and catalog.today() <= d.ends_on
    and (select count(*) from insight.variable v where v.dataset_id = d.id and v.name = any($4)) = cardinality($4)
order by d.frozen_on desc limit 1
"""


async def freeze_and_publish(
    connection: "asyncpg.Connection[asyncpg.Record]", known: Catalogue, closings: list[Closing], today: date
) -> None:
    """Closes surveys and freezes waves, in the order of their days, then publishes the planned insights and the counts.

    Call it once every row of the network is written, in the same transaction, after the indexes are recreated.
    """
    consenting = await connection.fetch("select id, slug, consenting_count from catalog.community order by id")
    waves = {
        row["id"]: today - timedelta(days=TRIAL_WAVE_DAYS if row["slug"] == TRIAL else WAVE_DAYS)
        for row in consenting
        if row["slug"] == TRIAL or row["consenting_count"] >= ENOUGH
    }
    surveys = {closing.survey: closing.day for closing in closings}
    for id, day in sorted((waves | surveys).items(), key=lambda item: (item[1], item[0])):
        if id in surveys:
            await freeze_survey(connection, id, day)
        else:
            # One wave a year, with the whole cap: large communities usually have two, with half of it.
            await freeze_wave(
                connection,
                community=id,
                wave=wave_of(day),
                offered_to=list(OrganizationKind),
                cap_micro_rho=CAP,
                day=day,
            )
    await forget_records(connection)
    published = datetime.combine(today - timedelta(days=1), time(8), UTC)
    for planned in PLANNED_INSIGHTS:
        published += timedelta(minutes=41)
        await publish_planned(connection, planned, published)
    for due, publish_counts in (("communities", publish_community), ("surveys", publish_progress)):
        # Progress is counted of those whom the communities' counts include, who have all just been written.
        await connection.execute("analyze research.counted_membership")
        for row in await connection.fetch(f"select id from catalog.{due}_to_count() as id"):  # noqa: S608 - ours
            await publish_counts(connection, row["id"])
    await publish_network(connection)
    for row in await connection.fetch("select id from catalog.survey where status = 'WAITING' order by id"):
        await begin_opening(connection, row["id"])
    await deliver_all(connection)


def wave_of(day: date) -> str:
    """The name of a wave: `2026-2` for a day in the second half of 2026."""
    return f"{day.year}-{1 if day.month <= 6 else 2}"


async def publish_planned(
    connection: "asyncpg.Connection[asyncpg.Record]", planned: PlannedInsight, at: datetime
) -> UUID | None:
    """Publishes an insight and returns its id; None if there is no such dataset, or no buyer may query it."""
    names = [planned.variable, *planned.by]
    found = await connection.fetchrow(QUERYABLE, planned.community, planned.kind, planned.who, names)
    if found is None:
        return None
    roles = frozenset({UserRole.ADMINISTRATOR.value})
    viewer = Viewer(Audience.BUYER, found["account"], organization=found["organization"], roles=roles)
    question = InsightRequest(found["dataset"], planned.variable, planned.by, planned.precision)
    return (await publish(connection, viewer, question, at=at)).insight_id

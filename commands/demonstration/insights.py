"""The only place that freezes the demonstration's datasets and publishes of them: by what the server does, to the noise.

Nothing is made up here. Surveys are closed, waves are frozen and insights published on the demonstration's rows, under
its consents, with a budget, noise and a line in the register each; the days alone lie in the past. Noise is noise: the
numbers that it gives, ids, and which surveys just reach the floor, differ from run to run.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg

from commands.demonstration.catalogue import Catalogue
from commands.demonstration.surveys import Closing
from models.datasets import DatasetKind
from models.organizations import OrganizationKind
from models.viewers import Audience, Viewer
from privacy.precision import Precision
from resolvers.freezing import close_survey, freeze_wave
from resolvers.publishing import publish
from resolvers.quotes import Question

# A community's wave is frozen where its public count of consenting members makes it likely that 200 are enrolled.
ENOUGH = 300
# Before today. Of each of the trial's patients the last number lies in the 90 days before its wave.
WAVE_DAYS, TRIAL_WAVE_DAYS = 20, 145
TRIAL = "rheumatoid-arthritis"  # the other one's 59 patients would never do
SCLEROSIS = "multiple-sclerosis"


@dataclass(frozen=True)
class Wish:
    """What an organization asks of a community's latest dataset of a kind."""

    who: OrganizationKind
    community: str
    kind: DatasetKind
    variable: str
    by: tuple[str, ...] = ()
    precision: Precision = Precision.WITHIN_20


LABORATORY, HOSPITAL, MUTUAL, INSURER = OrganizationKind
SURVEY, TRACKING = DatasetKind
FINE = Precision.WITHIN_10
WISHES = (
    Wish(LABORATORY, SCLEROSIS, TRACKING, "age_band", precision=FINE),
    Wish(LABORATORY, SCLEROSIS, TRACKING, "first_treatment", precision=FINE),
    Wish(LABORATORY, SCLEROSIS, TRACKING, "course_ocrelizumab", precision=FINE),
    Wish(LABORATORY, SCLEROSIS, TRACKING, "change_fatigue", ("sex",)),
    Wish(LABORATORY, TRIAL, TRACKING, "sex", ("age_band",)),
    Wish(LABORATORY, TRIAL, TRACKING, "change_arthritis_self_assessment", ("first_treatment",)),
    Wish(LABORATORY, TRIAL, TRACKING, "months_arthritis_self_assessment", ("first_treatment",)),
    Wish(HOSPITAL, SCLEROSIS, TRACKING, "level_fatigue", ("sex",), FINE),
    Wish(HOSPITAL, SCLEROSIS, SURVEY, "burden", precision=FINE),
    Wish(HOSPITAL, TRIAL, TRACKING, "level_arthritis_self_assessment", ("age_band",)),
    Wish(MUTUAL, SCLEROSIS, SURVEY, "helper", precision=FINE),
    Wish(MUTUAL, TRIAL, TRACKING, "course_active_drug_trial_arm"),
    Wish(INSURER, SCLEROSIS, SURVEY, "work", precision=FINE),
    Wish(INSURER, SCLEROSIS, TRACKING, "time_since_diagnosis"),
    Wish(INSURER, TRIAL, TRACKING, "age_band", ("first_treatment",)),
)
# Of what can be asked today, by who may: a network whose history ended long ago has licences and datasets that are over.
ASKABLE = """
select a.id as account, o.id as organization, d.id as dataset
from insight.dataset d join catalog.community c on c.id = d.community_id
join insight.licence l on l.community_id = c.id join insight.organization o on o.id = l.organization_id
join identity.account a on a.organization_id = o.id
where c.slug = $1 and d.kind = $2 and d.status = 'OPEN' and o.kind = $3 and o.kind = any(d.offered_to)
    and l.status = 'GRANTED' and (now() at time zone 'UTC')::date between l.starts_on and l.ends_on
    and (now() at time zone 'UTC')::date <= d.ends_on
    and (select count(*) from insight.variable v where v.dataset_id = d.id and v.name = any($4)) = cardinality($4)
order by d.frozen_on desc limit 1
"""


async def freeze_and_publish(
    connection: "asyncpg.Connection[asyncpg.Record]", known: Catalogue, closings: list[Closing], today: date
) -> None:
    """Closes the surveys that are to be, freezes waves, and publishes what buyers wish, in the order of their days.

    To be called when every row of the network is there, in the same transaction, with the tables' indexes.
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
            await close_survey(connection, id, day)
        else:
            await freeze_wave(connection, community=id, wave=wave_of(day), offered_to=list(OrganizationKind), day=day)
    published = datetime.combine(today - timedelta(days=1), time(8), UTC)
    for wish in WISHES:
        published += timedelta(minutes=41)
        await fulfil(connection, wish, published)


def wave_of(day: date) -> str:
    """`2026-2` for a day of 2026's second half."""
    return f"{day.year}-{1 if day.month <= 6 else 2}"


async def fulfil(connection: "asyncpg.Connection[asyncpg.Record]", wish: Wish, at: datetime) -> UUID | None:
    """Publishes it; the insight, None where there is no such dataset, or nobody who may ask it."""
    names = [wish.variable, *wish.by]
    found = await connection.fetchrow(ASKABLE, wish.community, wish.kind, wish.who, names)
    if found is None:
        return None
    viewer = Viewer(Audience.BUYER, found["account"], organization=found["organization"])
    question = Question(found["dataset"], wish.variable, wish.by, wish.precision)
    return (await publish(connection, viewer, question, at=at)).insight_id

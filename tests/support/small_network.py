"""A network of a few rows in which every field of the graph has a value."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest_asyncio

from commands.databases import at
from models.community.discussions import Reaction
from models.identity.associations import Association
from models.identity.data_reads import DataReader, MemberDataKind
from models.identity.members import MemberKind, MembershipRole, Sex, Sharing
from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind
from models.insight.counts import CountKind
from models.insight.datasets import DatasetKind
from models.insight.licences import LicenceStatus
from models.research.surveys import ParticipationStatus, QuestionKind, RuleOperator
from models.tracking.observations import IndicatorKind, Scale
from models.tracking.treatments import StopReason, TreatmentKind
from models.viewers import ANYBODY, Audience, Viewer
from privacy.budget import NETWORK_PRICE
from tests import factories
from tests.support.clusters import TEMPLATE, run
from tests.support.moving import move_members
from tests.support.waves import variable, wave

SMALL = "template_small"
MONDAY = date(2026, 3, 2)
FRENCH = json.dumps({"fr": {"name": "Fatigue rare", "description": "Rare."}})


@dataclass(frozen=True)
class SmallNetwork:
    """A viewer of each audience, and argument values, as GraphQL literals, that find rows."""

    viewers: dict[Audience, Viewer]
    values: dict[str, str]


@pytest_asyncio.fixture(scope="session")
async def in_small_template(template: str) -> SmallNetwork:
    """Yields the network that is in the template database SMALL, beside what the other template has."""
    await run(template, f"create database {SMALL} template {TEMPLATE} strategy file_copy")
    connection = await asyncpg.connect(at(template, SMALL))
    try:
        return await small_network(connection)
    finally:
        await connection.close()


async def at_rest(connection: asyncpg.Connection) -> None:
    """Leaves a server nothing to do with the small network by itself."""
    for row in await connection.fetch("SELECT id FROM catalog.communities_to_move() AS id"):
        await move_members(connection, row["id"])
    # Open, or the server would close it and unlink the answers; and its progress is published, or the server would.
    await connection.execute("UPDATE catalog.survey SET closes_on = current_date + 30 WHERE status = 'OPEN'")
    await connection.execute("UPDATE catalog.survey_progress SET counted_on = catalog.today()")


async def small_network(connection: asyncpg.Connection) -> SmallNetwork:
    """Inserts the network; returns its viewers and argument values."""
    condition = await factories.condition(
        connection,
        name="Rare fatigue",
        icd10="G93.3",
        orpha="1234",
        hpo="HP:0012378",
        retired_on=MONDAY,
        translations=FRENCH,
    )
    community = await factories.community(
        connection,
        slug="rare",
        name="Rare fatigue",
        condition_id=condition["id"],
        member_count=20,
        words="rare",
        translations=FRENCH,
    )
    former = await factories.community(connection, slug="former", name="Former fatigue", condition_id=condition["id"])
    await factories.catalogue_change(
        connection, subject_id=condition["id"], staff_id=(await factories.staff(connection))["id"]
    )
    of_community = {"community_id": community["id"]}
    fatigue = await factories.indicator(
        connection, slug="rare", name="Rare tiredness", lay_names=["worn out"], words="worn out", unit="h",
        kind=IndicatorKind.SYMPTOM, scale=Scale.QUANTITY, hpo="HP:9999999", ucum="h", loinc="2345-7",
        translations=json.dumps({"fr": {"name": "Fatigue rare", "unit": "heures", "lay_names": ["lessivé"]}}),
    )  # fmt: skip
    retired = (
        f"ind_{(await factories.indicator(connection, retired_on=MONDAY))['id']}",
        f"trt_{(await factories.treatment(connection, retired_on=MONDAY))['id']}",
    )
    of_indicator = {"indicator_id": fatigue["id"]}
    await factories.community_indicator(connection, **of_community, **of_indicator, position=1)
    treatment = await factories.treatment(
        connection,
        slug="rare",
        name="Rare tea",
        inn="tea",
        atc="A01",
        national_code="60000001",
        words="tisane",
        translations=FRENCH,
    )
    of_treatment = {"treatment_id": treatment["id"]}
    await factories.community_treatment(connection, **of_community, **of_treatment, position=1)

    # Lists leave out what has merged, since it is retired: what they have here is not.
    for table in ("indicator", "treatment"):
        await connection.execute(
            f"UPDATE catalog.{table} SET merged_into_id = (SELECT id FROM catalog.{table} WHERE retired_on = $1)"
            " WHERE slug = 'rare'",
            MONDAY,
        )

    patient = await factories.member(connection, pseudonym="Small Patient", about="Hello")
    await factories.profile(
        connection, member_id=patient["id"], birth_year=1986, sex=Sex.FEMALE, region="Bretagne",
        sharing=Sharing.ALL_MEMBERS,
    )  # fmt: skip
    association = await factories.member(
        connection, pseudonym="Small Association", kind=MemberKind.ASSOCIATION, verified=True, about="We help"
    )
    await factories.association(
        connection, member_id=association["id"], phone="+33 1 99 00 00 01", postal_address="1 rue Rare\nParis",
        description="We help", translations='{"fr": {"description": "Nous aidons"}}',
    )  # fmt: skip
    own = {"member_id": patient["id"]}
    await factories.membership(connection, **own, **of_community, joined_on=MONDAY, role=MembershipRole.AMBASSADOR)
    await factories.diagnosis(connection, **own, **of_community)
    await factories.membership(connection, member_id=association["id"], **of_community, joined_on=MONDAY)
    for member in (association, patient):
        await factories.membership(connection, member_id=member["id"], community_id=former["id"], joined_on=MONDAY)
    await connection.execute(  # its members have not moved yet
        "UPDATE catalog.community SET status = 'MERGED', merged_into_id = $2 WHERE id = $1",
        former["id"],
        community["id"],
    )
    await factories.care_link(connection, patient_id=patient["id"], relative_id=association["id"])
    for day, value in ((0, 2.0), (1, 4.0), (7, 9.0)):
        await factories.observation(
            connection, **own, **of_indicator, observed_on=MONDAY + timedelta(days=day), value=value, note="noted"
        )
    proposal = await factories.catalogue_proposal(
        connection, **own, **of_community, description="Missed", status="MERGED", reason="It is there",
        decided_on=MONDAY, **of_indicator,
    )  # fmt: skip
    for kind, made_of in (("CONDITION", {"condition_id": condition["id"]}), ("TREATMENT", of_treatment)):
        accepted = await factories.catalogue_proposal(
            connection, **own, kind=kind, status="ACCEPTED", decided_on=MONDAY, **made_of
        )
    own_indicator = await factories.own_indicator(
        connection, **own, name="Walks", scale=Scale.QUANTITY, unit="km", maximum=50.0, proposal_id=proposal["id"]
    )
    for day in (0, 7):
        await factories.own_observation(
            connection, **own, own_indicator_id=own_indicator["id"], observed_on=MONDAY + timedelta(days=day),
            note="noted",
        )  # fmt: skip
    own_treatment = await factories.own_treatment(
        connection, **own, name="Sunlight", kind=TreatmentKind.THERAPY, proposal_id=accepted["id"]
    )
    await factories.own_course(
        connection, **own, own_treatment_id=own_treatment["id"], started_on=MONDAY, ended_on=MONDAY + timedelta(days=9),
        status="STOPPED", dose="an hour", stop_reason=StopReason.OTHER,
    )  # fmt: skip
    course = await factories.course(
        connection, **own, **of_treatment, **of_community, started_on=MONDAY, ended_on=MONDAY + timedelta(days=9),
        status="STOPPED", dose="one cup", stop_reason=StopReason.COST,
    )  # fmt: skip
    evaluation = await factories.evaluation(
        connection, course_id=course["id"], **own, **of_treatment, effectiveness=7, comment="It helped."
    )
    await factories.side_effect(connection, evaluation_id=evaluation["id"], **own, **of_indicator)

    discussion = await factories.discussion(connection, **of_community, author_id=patient["id"], title="Rare question")
    await factories.discussion_topic(
        connection, discussion_id=discussion["id"], position=1, treatment_id=None, **of_indicator
    )
    await factories.discussion_topic(
        connection, discussion_id=discussion["id"], position=2, indicator_id=None, **of_treatment
    )
    in_discussion = {"discussion_id": discussion["id"], "author_id": patient["id"]}
    post = await factories.post(connection, **in_discussion, body="First words", edited_at=factories.NOON)
    await factories.post(
        connection, **in_discussion, created_at=factories.NOON + timedelta(hours=1), body="Second words"
    )
    await factories.post_reaction(connection, post_id=post["id"], **own, reaction=Reaction.HUG)
    await factories.removal(connection, post_id=post["id"])
    await factories.removed_text(connection, post_id=post["id"], author_id=patient["id"])
    await factories.appeal(
        connection, post_id=post["id"], author_id=patient["id"], status="DECLINED", resolution="It does",
        resolved_at=factories.NOON,
    )  # fmt: skip
    await factories.reading_alert(connection, **own)
    await factories.data_read(connection, **own, relative_id=association["id"])
    await factories.data_read(
        connection, **own, kind=MemberDataKind.PROFILE, reader=DataReader.STAFF, staff_roles=["MODERATOR"],
        relative_id=None,
    )  # fmt: skip
    await factories.suspension(connection, **own, until=factories.NOON + timedelta(days=36500))
    await factories.flag(
        connection, post_id=post["id"], **own, note="Look", status="DISMISSED", resolution="Looked",
        resolved_at=factories.NOON,
    )  # fmt: skip
    await factories.notification(
        connection, **own, subject_type="dis", subject_id=discussion["id"], read_at=factories.NOON
    )

    before = factories.NOON - timedelta(days=1)  # lists begin with the discussion above
    of_association = {**of_community, "author_id": association["id"], "created_at": before, "last_post_at": before}
    kept = await factories.discussion(connection, **of_association, title="Rare meeting")
    await factories.post(
        connection, discussion_id=kept["id"], author_id=association["id"], body="Come", created_at=before
    )
    await factories.pin(connection, member_id=association["id"], **of_community, discussion_id=kept["id"])

    survey = await factories.survey(
        connection, **of_community, offered_to=[OrganizationKind.MUTUAL], opens_on=MONDAY,
        translations=json.dumps({"fr": {"title": "Le sommeil", "description": "Dix questions."}}),
    )  # fmt: skip
    await factories.eligibility(
        connection, survey_id=survey["id"], sexes=[Sex.FEMALE], born_from=1950, born_to=2000, regions=["Bretagne"],
        treatment_ids=[treatment["id"]],
    )  # fmt: skip
    await factories.survey_progress(connection, survey_id=survey["id"], completed=17)
    question = await factories.question(
        connection, survey_id=survey["id"], kind=QuestionKind.MULTIPLE_CHOICE, help="Think", minimum=0.0, maximum=9.0,
        max_choices=2, bins=[0.0, 5.0, 9.0],
        translations=json.dumps({"fr": {"text": "Combien de nuits ?", "help": "Réfléchissez"}}),
    )  # fmt: skip
    await factories.question_option(
        connection, question_id=question["id"], translations=json.dumps({"fr": {"label": "Plusieurs"}})
    )
    await factories.question_option(connection, question_id=question["id"], code="untranslated", position=2)
    await factories.visibility_rule(
        connection, question_id=question["id"], on_key="q0", operator=RuleOperator.EQUALS, values=["c1"]
    )
    sheet = await factories.answer_sheet(connection, survey_id=survey["id"])
    await factories.answer(
        connection, answer_sheet_id=sheet["id"], question_id=question["id"], number=1.5, day=MONDAY, text="words"
    )
    await factories.participation(
        connection, **own, survey_id=survey["id"], answer_sheet_id=sheet["id"], status=ParticipationStatus.COMPLETED,
        completed_at=factories.NOON,
    )  # fmt: skip
    await factories.consent(connection, **own, recipients=[OrganizationKind.HOSPITAL])

    organization = await factories.organization(connection, name="Small Laboratory")
    await factories.licence(
        connection, organization_id=organization["id"], **of_community, price_amount=Decimal("1250.00"),
        price_currency="EUR", quota_micro_rho=250_000,
    )  # fmt: skip
    await factories.licence(
        connection, organization_id=organization["id"], **of_community, status=LicenceStatus.REFUSED, reason="No",
    )  # fmt: skip
    await factories.api_key(connection, organization_id=organization["id"], last_used_at=factories.NOON)
    webhook = await factories.webhook(connection, organization_id=organization["id"], failing_since=factories.NOON)
    await connection.execute(
        "UPDATE insight.webhook SET previous_secret = secret, previous_until = now() + interval '1 day' WHERE id = $1",
        webhook["id"],
    )
    await factories.webhook_delivery(
        connection,
        webhook_id=webhook["id"],
        event="INSIGHT_PUBLISHED",
        attempts=1,
        failure="STATUS",
        response_status=503,
        attempted_at=factories.NOON,
    )
    licence = await factories.licence(
        connection, organization_id=organization["id"], **of_community, starts_on=MONDAY, ends_on=date(2999, 12, 31)
    )
    frozen = await wave(
        connection,
        variable("sleep", "LITTLE", "MUCH", ordinal=True),
        variable("tea", "NONE", "SOME"),
        **of_community,
        kind=DatasetKind.SURVEY,
        survey_id=survey["id"],
        collected_from=MONDAY,
        ended_on=MONDAY,
        subjects={"tea": treatment["id"]},
    )
    grouping: dict[str, Any] = {
        "dataset_id": frozen.id,
        "name": "tea",
        "slot": 1,
        "groups": "{NONE&SOME}",
        "grouping_name": "Any",
    }
    merged = await factories.variable(connection, **grouping)
    for place, codes in enumerate((["NONE", "SOME"], ["UNKNOWN"])):
        of = {"dataset_id": frozen.id, "variable": merged["position"], "place": place, "merges": codes}
        await factories.category(connection, **of, code=codes[0] if place else "G1")
    await factories.enrolment(connection, dataset_id=frozen.id, **own)
    await factories.counted_member(connection, **own)
    await factories.counted_membership(connection, **own, **of_community)
    await factories.network_count(connection, counted_on=MONDAY)
    of_network = await factories.count_release(
        connection, kind=CountKind.NETWORK, community_id=None, micro_rho=NETWORK_PRICE
    )
    await factories.ledger_entry(connection, count_release_id=of_network["id"])
    await factories.licence(connection, organization_id=organization["id"], community_id=former["id"])
    of_former = await factories.count_release(connection, community_id=former["id"])
    await factories.ledger_entry(connection, count_release_id=of_former["id"])
    counted = await factories.count_release(connection, **of_community)
    await factories.ledger_entry(connection, count_release_id=counted["id"])
    await frozen.size()
    bought = {"organization_id": organization["id"], "licence_id": licence["id"]}
    published = await frozen.publish(("sleep", "tea"), [400, 300, 50, 200, 100, 40, 60, 20, 30], **bought)
    await frozen.publish_means("sleep", ["tea"], [40, 30, 5, 4, 30, 20, 5, 3, 2, 1, 0, 1], **bought)
    sums = [40, -30, 5, 4, 30, 20, 5, 3, 2]
    await frozen.publish_means("sleep", ["tea"], sums, counted_by=published["tea"], **bought)
    for release in await connection.fetch("SELECT id FROM insight.release WHERE licence_id = $1", licence["id"]):
        await factories.release_requester(connection, release_id=release["id"], organization_id=organization["id"])
    await factories.organization_user(connection, organization_id=organization["id"], last_signed_in_on=MONDAY)
    await factories.organization_user(
        connection, organization_id=organization["id"], role=UserRole.READER, joined_at=None, code_hash=bytes(32),
        locale="fr-FR", expires_at=datetime(2999, 12, 31, tzinfo=UTC),
    )  # fmt: skip
    entry = await connection.fetchrow("SELECT * FROM insight.ledger_entry ORDER BY position DESC LIMIT 1")
    assert entry is not None
    await factories.ledger_link(connection, entry)
    staff = await factories.staff(connection, last_signed_in_on=MONDAY)
    await factories.staff_change(connection, staff_id=staff["id"], by_staff_id=staff["id"])
    # No patient has a page: the viewer has one here in order to read a verification, which only its association may.
    await factories.fake(
        connection, Association, own, full_name="Rare Page", community_ids=[community["id"]],
        translations='{"fr": {"description": "Nous"}}',
    )  # fmt: skip
    for whose in (association, patient):
        await factories.verification(connection, member_id=whose["id"], staff_id=staff["id"])
    accounts = {
        Audience.PATIENT: await factories.account(
            connection, **own, terms_version="2026-2", terms_accepted_at=factories.NOON
        ),
        Audience.BUYER: await factories.account(connection, organization_id=organization["id"]),
        Audience.MANAGER: await factories.account(connection, staff_id=staff["id"]),
    }
    viewers = {Audience.PUBLIC: ANYBODY}
    for audience, account in accounts.items():
        session = await factories.session(connection, account_id=account["id"], device="Small device")
        viewers[audience] = Viewer(
            audience,
            account["id"],
            session["id"],
            account["member_id"],
            account["organization_id"],
            account["staff_id"],
        )
        await factories.second_factor(connection, account_id=account["id"], last_used_on=MONDAY)
        await factories.recovery_code(connection, account_id=account["id"])
    # A second factor leaves none withheld.
    await connection.execute("UPDATE identity.staff SET withheld_roles = '{MODERATOR}' WHERE id = $1", staff["id"])
    values = {
        "slug": "rare",
        "search": "rare",
        "pseudonym": "small patient",
        "indicator": f"ind_{fatigue['id']}",
        "discussion": f"dis_{discussion['id']}",
        "survey": f"svy_{survey['id']}",
        "dataset": f"dst_{frozen.id}",
        "insight": published["sleep"],
        "changeFrom.insight": "ins_none",  # the network has one dataset
        "node": f"org_{organization['id']}",
        "ids": [f"org_{organization['id']}", "org_none", f"com_{community['id']}", *retired],
    }
    enums = {"interval": "WEEK", "precision": "WITHIN_50"}
    return SmallNetwork(viewers, {name: json.dumps(value) for name, value in values.items()} | enums)

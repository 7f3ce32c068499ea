"""Budgets of datasets, the public ledger, a member's own entries in it, and events about new insights."""

from datetime import UTC, datetime
from uuid import UUID

from models.identity.accounts import StaffRole
from privacy.loss import guess_probability, statement
from tests import factories
from tests.support.client import ANYBODY
from tests.support.insights import FATIGUE, SEX, Published, moment
from tests.support.network import Network
from tests.support.subscribers import announce, held, socket, subscribed
from tests.support.waves import wave

BUDGET = """query ($id: ID!) { dataset(id: $id) { size endsOn endedOn budget {
  cap { microRho } spent { microRho } remaining { microRho }
  fine: insightsLeft(precision: WITHIN_5) insightsLeft(precision: WITHIN_50)
} } }"""


async def test_buyers_see_what_is_left_of_their_share_and_others_of_the_whole_budget(published: Published) -> None:
    id = {"id": published.ids["dataset"]}
    cap, spent = {"microRho": 250_000}, {"microRho": 100_000}
    known = {"size": 313, "endsOn": "2027-03-01", "endedOn": None}
    whole = {"cap": cap, "spent": spent, "remaining": {"microRho": 150_000}, "fine": 2, "insightsLeft": 198}
    sold = {"cap": cap, "spent": spent, "remaining": {"microRho": 60_000}, "fine": 0, "insightsLeft": 79}
    for who, budget in (("patient", whole), ("manager", whole), ("licensed", sold), ("unlicensed", sold)):
        assert await published(who, BUDGET, id) == {"dataset": {**known, "budget": budget}}
    over = (await published("licensed", BUDGET, {"id": published.ids["ended"]}))["dataset"]
    assert (over["endedOn"], over["budget"]["remaining"], over["budget"]["insightsLeft"]) == (
        "2026-06-01",
        {"microRho": 0},
        0,
    )


async def test_nobody_sees_a_dataset_that_is_too_small(published: Published) -> None:
    text = """query ($id: ID!, $survey: ID!) {
      dataset(id: $id) { id } node(id: $id) { id } survey(id: $survey) { dataset { id } }
    }"""
    of_survey = {"dataset": {"id": published.ids["ended"]}}
    for who in ("patient", "manager", "licensed"):
        asked = {"id": published.ids["small"], "survey": published.ids["survey"]}
        assert await published(who, text, asked) == {"dataset": None, "node": None, "survey": of_survey}
        asked["survey"] = published.ids["small survey"]
        assert (await published(who, text, asked))["survey"] == {"dataset": None}


async def test_datasets_are_listed_newest_first_in_pages(published: Published) -> None:
    text = """query ($after: Cursor) { datasets(first: 1, after: $after, community: "home") {
      nodes { title frozenOn } pageInfo { hasNextPage endCursor } } }"""
    first = (await published("unlicensed", text))["datasets"]
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == (
        [{"title": "Tracking of Home", "frozenOn": "2026-03-02"}],
        True,
    )
    second = (await published("unlicensed", text, {"after": first["pageInfo"]["endCursor"]}))["datasets"]
    assert [node["frozenOn"] for node in second["nodes"]] == ["2020-01-01"]
    of_kind = '{ datasets(kind: SURVEY, community: "away") { nodes { title survey { title } } } }'
    assert (await published("manager", of_kind))["datasets"]["nodes"] == [
        {"title": "Sleep", "survey": {"title": "How do you sleep?"}}
    ]


USES = """query ($organization: ID, $community: String) { dataUses(organization: $organization, community: $community) {
  nodes {
    organization { name } purpose publishedAt community { slug } datasetTitle variables cost { microRho }
    ledgerEntry { position hash previousHash }
  } } }"""


async def test_the_ledger_is_public_and_shows_who_why_and_at_what_cost(published: Published) -> None:
    uses = (await published(ANYBODY, USES))["dataUses"]["nodes"]
    for who in ("patient", "licensed", "unlicensed", "manager"):
        assert (await published(who, USES))["dataUses"]["nodes"] == uses
    uses = [use for use in uses if use["community"] in ({"slug": "home"}, {"slug": "away"})]
    entries = [use.pop("ledgerEntry") for use in uses]
    assert [entry["position"] for entry in entries] == [published.line + place for place in (3, 2, 1, 0)]
    assert [entry["previousHash"] for entry in entries[:3]] == [entry["hash"] for entry in entries[1:]]
    assert all(len(bytes.fromhex(entry["hash"])) == 32 for entry in entries)
    assert uses[2] == {
        "organization": {"name": "Who is licensed"},
        "purpose": "Sleep and fatigue",
        "publishedAt": "2026-03-03T12:00:00+00:00",
        "community": {"slug": "home"},
        "datasetTitle": "Tracking of Home",
        "variables": ["sex", "fatigue"],
        "cost": {"microRho": 17_372},
    }
    assert (uses[3]["organization"], uses[3]["variables"]) == (None, [])
    away = (await published(ANYBODY, USES, {"community": "away"}))["dataUses"]["nodes"]
    assert [use["ledgerEntry"]["position"] for use in away] == [published.line + 3]
    theirs = (await published(ANYBODY, USES, {"organization": published.ids["organization"]}))["dataUses"]["nodes"]
    assert [use["ledgerEntry"]["position"] for use in theirs] == [published.line + 1]


IN_WORDS = """{ dataUses(community: "home") { nodes {
  variables dataset { title variables { name label } } counted { name label }
} } }"""


async def test_the_ledger_leads_everybody_to_the_words_of_what_was_counted(published: Published) -> None:
    for who in (ANYBODY, "patient", "licensed", "unlicensed", "manager"):
        uses = (await published(who, IN_WORDS))["dataUses"]["nodes"]
        assert [[each["name"] for each in use["counted"]] for use in uses] == [use["variables"] for use in uses]
        assert [len(use["counted"]) for use in uses] == [2, 2, 0], who
        for use in uses:
            assert all(each in use["dataset"]["variables"] for each in use["counted"])


TO_NUMBERS = """query ($community: String) { dataUses(community: $community) { nodes {
  variables insight { id ledgerEntry { id } cells { count } } ledgerEntry { id }
} } }"""


async def test_a_use_leads_to_the_numbers_for_those_who_may_read_them(published: Published) -> None:
    readers = {"patient", "withdrawn", "of the community", "manager", "licensed", "running out today"}
    for who in published.who:
        uses = (await published(who, TO_NUMBERS, {"community": "home"}))["dataUses"]["nodes"]
        assert [use["variables"] for use in uses] == [["sex", "symptoms"], ["sex", "fatigue"], []]
        assert uses[2]["insight"] is None  # the dataset's size
        if who not in readers:
            assert [use["insight"] for use in uses] == [None] * 3, who
            continue
        for use in uses[:2]:
            assert use["insight"]["ledgerEntry"] == use["ledgerEntry"]
            assert use["insight"]["cells"]
            insight = await published(who, "query ($id: ID!) { insight(id: $id) { id } }", {"id": use["insight"]["id"]})
            assert insight == {"insight": {"id": use["insight"]["id"]}}
    answer = await published.server.ask(ANYBODY, "{ dataUses { nodes { insight { id } } } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_use_leads_to_the_insight_that_was_published_first(own_network: Network) -> None:
    admin, manager = own_network.database, await own_network.staff(StaffRole.DATA_STEWARD)
    first = {}
    for number in range(6):  # ids are random, and must not decide
        frozen = await wave(admin, SEX, FATIGUE)
        release = await factories.release(admin, dataset_id=frozen.id, cube=f"cube {number}", variables=[1, 2])
        entry = await factories.ledger_entry(admin, release_id=release["id"])
        for variable, day in ((1, 9), (2, 8)):
            at = {"release_id": release["id"], "published_at": moment(day)}
            insight = await factories.insight(admin, **at, variable=variable)
        first[f"use_{entry['position']}"] = f"ins_{insight['id']}"
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on DataUse { id insight { id } } } }"
    answer = await own_network.ask(manager, text, {"ids": [*first]})
    assert {use["id"]: use["insight"]["id"] for use in answer["data"]["nodes"]} == first


LOSS = """{ me {
  dataUses { nodes { ledgerEntry { position } } }
  privacyLoss { allowance { microRho } reserved { microRho } spent { microRho } guess statement }
} }"""


async def test_members_see_uses_of_their_datasets_up_to_their_withdrawal(published: Published) -> None:
    size, fatigue, symptoms = 4_567, 17_372, 2 * 17_372
    for who, positions, spent in (
        ("patient", [2, 1, 0], size + fatigue + symptoms),
        ("withdrawn", [1, 0], size + fatigue),
    ):
        me = (await published(who, LOSS))["me"]
        assert [use["ledgerEntry"]["position"] - published.line for use in me["dataUses"]["nodes"]] == positions
        assert me["privacyLoss"] == {
            "allowance": {"microRho": 500_000},
            "reserved": {"microRho": 250_000},
            "spent": {"microRho": spent},
            "guess": guess_probability(spent),
            "statement": statement(spent, "en"),  # their accounts' language is none of the server's
        }


async def test_the_statement_is_in_the_language_of_the_account(published: Published) -> None:
    database = published.server.database
    reader = await published.server.member()
    await database.execute("update identity.account set locale = 'fr-FR' where member_id = $1", reader.id)
    given = (await published(reader, LOSS))["me"]["privacyLoss"]["statement"]
    assert given == statement(0, "fr") != statement(0, "en")


PUBLISHED = """subscription ($community: String) { insightPublished(community: $community) { id dataset { title } } }"""
WITH_CSV = """subscription { insightPublished(community: "home") { variable { name } csv cells(by: []) { count } } }"""


async def test_a_new_insight_is_delivered_to_those_who_may_read_it(published: Published) -> None:
    server = published.server
    joined = await server.member()
    await factories.membership(server.database, member_id=joined.id, community_id=UUID(published.ids["home"]))
    delivered = {"insightPublished": {"id": published.ids["fatigue"], "dataset": {"title": "Tracking of Home"}}}
    hears = {"joined": joined, **{name: published.who[name] for name in ("manager", "licensed")}}
    silent = {name: published.who[name] for name in ("patient", "run out", "of another community")}
    for name, who in (hears | silent).items():
        async with socket(server.ask, who) as made:
            await made.subscribe("1", PUBLISHED)
            await subscribed(server.ask, 1)
            id = UUID(published.ids["fatigue"].removeprefix("ins_"))
            async with server.database.transaction():
                await announce(server.database, "insightPublished", id, UUID(published.ids["home"]))
            if name in hears:
                assert await made.data("1") == delivered
            assert await made.quiet()
        await held(server.ask, 0)
    async with socket(
        server.ask, published.who["patient"]
    ) as made:  # subscribers may name a community that they have not joined
        await made.subscribe("1", PUBLISHED, {"community": "home"})
        await made.subscribe("2", PUBLISHED, {"community": "away"})
        await subscribed(server.ask, 2)
        async with server.database.transaction():
            await announce(server.database, "insightPublished", id, UUID(published.ids["home"]))
        assert await made.data("1") == delivered
        assert await made.quiet()


async def test_an_event_may_contain_computed_fields(published: Published) -> None:
    server, id = published.server, UUID(published.ids["fatigue"].removeprefix("ins_"))
    async with socket(server.ask, published.who["licensed"]) as made:
        await made.subscribe("1", WITH_CSV)
        await subscribed(server.ask, 1)
        async with server.database.transaction():
            await announce(server.database, "insightPublished", id, UUID(published.ids["home"]))
        delivered = (await made.data("1"))["insightPublished"]
        assert delivered["variable"] == {"name": "fatigue"}
        assert [cell["count"] for cell in delivered["cells"]] == [159, 93, 48, None]
        assert delivered["csv"].startswith("sex_code,")
    await held(server.ask, 0)


async def test_a_notification_leads_to_its_insight(published: Published) -> None:
    id = UUID(published.ids["fatigue"].removeprefix("ins_"))
    of = {"kind": "INSIGHT_PUBLISHED", "subject_type": "ins", "subject_id": id}
    await factories.notification(published.server.database, member_id=published.who["patient"].id, **of)
    text = "{ me { notifications { nodes { kind subject { __typename ... on Insight { variable { name } } } } } } }"
    assert (await published("patient", text))["me"]["notifications"]["nodes"] == [
        {"kind": "INSIGHT_PUBLISHED", "subject": {"__typename": "Insight", "variable": {"name": "fatigue"}}}
    ]


async def test_what_is_reserved_is_what_enrolling_reserves_whatever_becomes_of_the_dataset(network: Network) -> None:
    database, ada = network.database, await network.member()
    today = datetime.now(UTC).date()
    made = await factories.dataset(database, status="FREEZING", progress=40, frozen_on=today)
    dataset, about = made["id"], {"dataset_id": made["id"], "member_id": ada.id}
    await factories.enrolment(database, **about, reserved_micro_rho=75_000)

    async def reserved() -> tuple[int, int]:
        seen = await network.ask(ada, "{ me { privacyLoss { reserved { microRho } } } }")
        of_one = "SELECT by_datasets FROM research.reserved(ARRAY[$1::uuid], catalog.today())"
        kept = await network.value(of_one, ada.id)
        return seen["data"]["me"]["privacyLoss"]["reserved"]["microRho"], kept

    assert await reserved() == (75_000, 75_000)  # while it is being frozen, which members do not see
    await database.execute("UPDATE insight.dataset SET status = 'OPEN', progress = 100 WHERE id = $1", dataset)
    assert await reserved() == (75_000, 75_000)
    spent = (await factories.ledger_entry(database, dataset_id=dataset))["micro_rho"]
    await database.execute("UPDATE insight.dataset SET spent_micro_rho = $2 WHERE id = $1", dataset, spent)
    await database.execute("SELECT research.end_dataset($1, 'TOO_SMALL')", dataset)
    assert await reserved() == (spent, spent)  # it was too small, which members do not see either

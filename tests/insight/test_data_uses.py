"""Budgets of datasets, the public ledger, a member's own entries in it, and events about new insights."""

from uuid import UUID

from privacy.loss import guess_probability, statement
from tests import factories
from tests.support.client import ANYBODY
from tests.support.insights import Said
from tests.support.subscribers import announce, held, socket, subscribed

BUDGET = """query ($id: ID!) { dataset(id: $id) { size endsOn endedOn budget {
  cap { microRho } spent { microRho } remaining { microRho }
  fine: insightsLeft(precision: WITHIN_5) insightsLeft(precision: WITHIN_50)
} } }"""


async def test_buyers_see_what_is_left_of_their_share_and_others_of_the_whole_budget(said: Said) -> None:
    id = {"id": said.ids["dataset"]}
    cap, spent = {"microRho": 250_000}, {"microRho": 100_000}
    known = {"size": 313, "endsOn": "2027-03-02", "endedOn": None}
    whole = {"cap": cap, "spent": spent, "remaining": {"microRho": 150_000}, "fine": 2, "insightsLeft": 198}
    sold = {"cap": cap, "spent": spent, "remaining": {"microRho": 60_000}, "fine": 0, "insightsLeft": 79}
    for who, budget in (("patient", whole), ("manager", whole), ("licensed", sold), ("unlicensed", sold)):
        assert await said(who, BUDGET, id) == {"dataset": {**known, "budget": budget}}
    over = (await said("licensed", BUDGET, {"id": said.ids["ended"]}))["dataset"]
    assert (over["endedOn"], over["budget"]["remaining"], over["budget"]["insightsLeft"]) == (
        "2026-06-01",
        {"microRho": 0},
        0,
    )


async def test_nobody_sees_a_dataset_that_is_too_small(said: Said) -> None:
    text = """query ($id: ID!, $survey: ID!) {
      dataset(id: $id) { id } node(id: $id) { id } survey(id: $survey) { dataset { id } }
    }"""
    of_survey = {"dataset": {"id": said.ids["ended"]}}
    for who in ("patient", "manager", "licensed"):
        asked = {"id": said.ids["small"], "survey": said.ids["survey"]}
        assert await said(who, text, asked) == {"dataset": None, "node": None, "survey": of_survey}
        asked["survey"] = said.ids["small survey"]
        assert (await said(who, text, asked))["survey"] == {"dataset": None}


async def test_datasets_are_listed_newest_first_in_pages(said: Said) -> None:
    text = """query ($after: Cursor) { datasets(first: 1, after: $after, community: "home") {
      nodes { title frozenOn } pageInfo { hasNextPage endCursor } } }"""
    first = (await said("unlicensed", text))["datasets"]
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == (
        [{"title": "Tracking of Home", "frozenOn": "2026-03-02"}],
        True,
    )
    second = (await said("unlicensed", text, {"after": first["pageInfo"]["endCursor"]}))["datasets"]
    assert [node["frozenOn"] for node in second["nodes"]] == ["2020-01-01"]
    of_kind = '{ datasets(kind: SURVEY, community: "away") { nodes { title survey { title } } } }'
    assert (await said("manager", of_kind))["datasets"]["nodes"] == [
        {"title": "Sleep", "survey": {"title": "How do you sleep?"}}
    ]


USES = """query ($organization: ID, $community: String) { dataUses(organization: $organization, community: $community) {
  nodes {
    organization { name } purpose publishedAt community { slug } datasetTitle variables cost { microRho }
    ledgerEntry { position hash previousHash }
  } } }"""


async def test_the_ledger_is_public_and_shows_who_why_and_at_what_cost(said: Said) -> None:
    uses = (await said(ANYBODY, USES))["dataUses"]["nodes"]
    for who in ("patient", "licensed", "unlicensed", "manager"):
        assert (await said(who, USES))["dataUses"]["nodes"] == uses
    uses = [use for use in uses if use["community"]["slug"] in ("home", "away")]
    entries = [use.pop("ledgerEntry") for use in uses]
    assert [entry["position"] for entry in entries] == [said.line + place for place in (3, 2, 1, 0)]
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
    away = (await said(ANYBODY, USES, {"community": "away"}))["dataUses"]["nodes"]
    assert [use["ledgerEntry"]["position"] for use in away] == [said.line + 3]
    theirs = (await said(ANYBODY, USES, {"organization": said.ids["organization"]}))["dataUses"]["nodes"]
    assert [use["ledgerEntry"]["position"] for use in theirs] == [said.line + 1]


LOSS = """{ me {
  dataUses { nodes { ledgerEntry { position } } }
  privacyLoss { allowance { microRho } reserved { microRho } spent { microRho } guess statement }
} }"""


async def test_members_see_uses_of_their_datasets_up_to_their_withdrawal(said: Said) -> None:
    size, fatigue, symptoms = 4_567, 17_372, 2 * 17_372
    for who, positions, spent in (
        ("patient", [2, 1, 0], size + fatigue + symptoms),
        ("withdrawn", [1, 0], size + fatigue),
    ):
        me = (await said(who, LOSS))["me"]
        assert [use["ledgerEntry"]["position"] - said.line for use in me["dataUses"]["nodes"]] == positions
        assert me["privacyLoss"] == {
            "allowance": {"microRho": 500_000},
            "reserved": {"microRho": 250_000},
            "spent": {"microRho": spent},
            "guess": guess_probability(spent),
            "statement": statement(spent, "fr"),
        }
    await said.place.admin.execute(
        "update identity.account set locale = 'fr-FR' where member_id = $1", said.who["patient"].id
    )
    assert (await said("patient", LOSS))["me"]["privacyLoss"]["statement"].startswith("Quelqu’un qui saurait")


PUBLISHED = """subscription ($community: String) { insightPublished(community: $community) { id dataset { title } } }"""
WITH_CSV = """subscription { insightPublished(community: "home") { variable { name } csv cells(by: []) { count } } }"""


async def test_a_new_insight_is_delivered_to_those_who_may_read_it(said: Said) -> None:
    here = said.place
    joined = await here.member()
    await factories.membership(here.admin, member_id=joined.id, community_id=UUID(said.ids["home"]))
    told = {"insightPublished": {"id": said.ids["fatigue"], "dataset": {"title": "Tracking of Home"}}}
    hears = {"joined": joined, **{name: said.who[name] for name in ("manager", "licensed")}}
    silent = {name: said.who[name] for name in ("patient", "run out", "of another community")}
    for name, who in (hears | silent).items():
        async with socket(here.ask, who) as made:
            await made.subscribe("1", PUBLISHED)
            await subscribed(here.ask, 1)
            id = UUID(said.ids["fatigue"].removeprefix("ins_"))
            async with here.admin.transaction():
                await announce(here.admin, "insightPublished", id, UUID(said.ids["home"]))
            if name in hears:
                assert await made.data("1") == told
            assert await made.quiet()
        await held(here.ask, 0)
    async with socket(here.ask, said.who["patient"]) as made:  # who names a community need not be in it
        await made.subscribe("1", PUBLISHED, {"community": "home"})
        await made.subscribe("2", PUBLISHED, {"community": "away"})
        await subscribed(here.ask, 2)
        async with here.admin.transaction():
            await announce(here.admin, "insightPublished", id, UUID(said.ids["home"]))
        assert await made.data("1") == told
        assert await made.quiet()


async def test_an_event_may_contain_computed_fields(said: Said) -> None:
    here, id = said.place, UUID(said.ids["fatigue"].removeprefix("ins_"))
    async with socket(here.ask, said.who["licensed"]) as made:
        await made.subscribe("1", WITH_CSV)
        await subscribed(here.ask, 1)
        async with here.admin.transaction():
            await announce(here.admin, "insightPublished", id, UUID(said.ids["home"]))
        told = (await made.data("1"))["insightPublished"]
        assert told["variable"] == {"name": "fatigue"}
        assert [cell["count"] for cell in told["cells"]] == [159, 93, 48, None]
        assert told["csv"].startswith("sex_code,")
    await held(here.ask, 0)


async def test_a_notification_leads_to_its_insight(said: Said) -> None:
    id = UUID(said.ids["fatigue"].removeprefix("ins_"))
    of = {"kind": "INSIGHT_PUBLISHED", "subject_type": "ins", "subject_id": id}
    await factories.notification(said.place.admin, member_id=said.who["patient"].id, **of)
    text = "{ me { notifications { nodes { kind subject { __typename ... on Insight { variable { name } } } } } } }"
    assert (await said("patient", text))["me"]["notifications"]["nodes"] == [
        {"kind": "INSIGHT_PUBLISHED", "subject": {"__typename": "Insight", "variable": {"name": "fatigue"}}}
    ]

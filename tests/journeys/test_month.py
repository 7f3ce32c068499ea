"""A member's whole month over HTTP, from registering to deleting the account, after which nothing is left."""

import json
import re
from datetime import timedelta
from operator import not_
from typing import Any

import asyncpg
import pytest

from tests.support.client import ANYBODY, Ask, Caller
from tests.support.eventually import becomes
from tests.support.exports import exported
from tests.support.ids import key
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, Mailbox, becomes_closed, join, tried
from tests.support.subscribers import POST_ADDED, Socket, socket, subscribed
from tests.support.surveys import HOW, NO, SHOWN, WHOLE, YES, opens, scheduled, today

ADDRESS = "marguerite@people.example"
REGION = "Mayotte"  # of no member of the demonstration network, so that the survey waits for these two
STAY = ("discussions", "posts")
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

COMMUNITY = """
    { communities(first: 1) { nodes {
        id slug memberCount indicators { id kind maximum } treatments(first: 1) { nodes { id slug name } }
    } } }
"""
NOTIFIED = "subscription { notificationAdded { kind readAt subject { id } } }"
OPENED = "subscription ($community: String) { surveyOpened(community: $community) { id title status } }"
DIARY = """
    query ($from: Date) { me { dashboard(from: $from, interval: MONTH) { series {
        indicator { id } points { mean count } latest { value observedOn note byRelative }
    } } } }
"""
ANSWERED = "participation { status answers { question { key } codes number text } }"
MY_PART = "query ($survey: ID!) { survey(id: $survey) { status participation { status answers { codes } } } }"
SEEN = """
    query ($discussion: ID!) { discussion(id: $discussion) {
        title postCount author { pseudonym } posts { nodes { body removed author { pseudonym } } }
    } }
"""


async def received(made: Socket, number: int) -> dict[str, list[Any]]:
    """The next results on a socket, by operation: their order between operations is not defined."""
    answers: dict[str, list[Any]] = {}
    for _ in range(number):
        message = await made.receive()
        assert (message["type"], list(message["payload"])) == ("next", ["data"]), message
        answers.setdefault(message["id"], []).append(message["payload"]["data"])
    return answers


async def data(ask: Ask, who: Caller, query: str, **variables: Any) -> Any:
    answer = await ask(who, query, variables)
    assert "errors" not in answer, answer
    return answer["data"]


async def done(network: Network, who: Caller, mutation: str, fields: str = "__typename", **given: Any) -> Any:
    """The payload of a mutation that succeeds."""
    payload = await network.do(who, mutation, fields, **given)
    assert payload.pop("userErrors") == []
    return payload


async def every_row(owner: asyncpg.Connection) -> list[tuple[str, str]]:
    """Every row of every table, with or without a model, as text."""
    tables = await owner.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    names = [table["name"] for table in tables]
    assert {"care.member", "identity.outbox_entry", "research.answer", "catalog.survey"} < set(names)
    return [(name, row["row"]) for name in names for row in await owner.fetch(f"SELECT t::text AS row FROM {name} t")]


def expect_everything(whole: dict[str, list[dict[str, Any]]]) -> None:
    """Checks that an export contains everything that was entered, once."""
    assert {table: len(rows) for table, rows in whole.items() if rows} == {
        "members": 1,
        "profiles": 1,
        "memberships": 1,
        "notifications": 2,
        "observations": 56,
        "courses": 1,
        "evaluations": 1,
        "sideEffects": 1,
        "discussions": 1,
        "discussionTopics": 1,
        "posts": 2,
        "reactions": 1,
        "consentChanges": 1,
        "countedMemberships": 1,
        "consents": 1,
        "participations": 1,
        "answerSheets": 1,
        "answers": 4,
        "accounts": 1,
        "sessions": 1,
        "dataUses": 1,  # the opening of the survey
        "privacyLoss": 1,
    }
    exported = {table: rows[0] for table, rows in whole.items() if rows}
    assert exported["members"]["about"] == "Marguerite's garden and its snails."
    profile = {"birthYear": 1970, "sex": "FEMALE", "region": REGION, "sharing": "MY_COMMUNITIES"}
    assert profile.items() <= exported["profiles"].items()
    assert (exported["accounts"]["email"], exported["accounts"]["locale"]) == (ADDRESS, "fr-FR")
    course = {"status": "STOPPED", "stopReason": "COST", "dose": "a zebra's cup", "endedOn": today().isoformat()}
    assert course.items() < exported["courses"].items()
    assert exported["evaluations"]["comment"] == "Zebras like it."
    assert exported["discussions"]["title"] == "Zebra mornings"
    assert {post["body"] for post in whole["posts"]} == {"My zebra mornings.", "Ten is a zebra hour."}
    notes = [f"zebra {day}" for day in range(28)] * 2
    notes[notes.index("zebra 27")] = "zebra hiccup"
    assert sorted(row["note"] for row in whole["observations"]) == sorted(notes)
    answers = [(row["codes"], row["number"], row["text"]) for row in whole["answers"]]
    expected = [(["YES"], None, None), (["SOME"], None, None), ([], 7, None), ([], None, "Zebra sleep.")]
    assert sorted(answers, key=str) == sorted(expected, key=str)


@pytest.mark.slow
async def test_a_members_month(own_ask: Ask, mailbox: Mailbox, owner: asyncpg.Connection) -> None:
    network, first_day = Network(own_ask, owner), today() - timedelta(days=27)
    manager = await own_ask.sign_in("manager")

    # Two people register, enter the codes from their mail and join.
    ada = await join(own_ask, mailbox, "Marguerite", birthYear=1970, sex="FEMALE", region=REGION)
    ben = await join(own_ask, mailbox, "Benedict", region=REGION)
    (community,) = (await data(own_ask, ANYBODY, COMMUNITY))["communities"]["nodes"]
    [treatment] = community["treatments"]["nodes"]
    followed = [one for one in community["indicators"] if one["maximum"] >= 3][:2]
    symptom = next(one for one in followed if one["kind"] == "SYMPTOM")
    for who in (ada, ben):
        joined = await done(
            network, who, "communityJoin", "membership { role community { slug } }", community=community["id"]
        )
        assert joined == {"membership": {"role": "MEMBER", "community": {"slug": community["slug"]}}}
    about = "Marguerite's garden and its snails."
    await done(network, ada, "profileUpdate", about=about, sharing="MY_COMMUNITIES", locale="fr-FR")

    async with socket(own_ask, ada) as news:
        # Ada posts, and the reply is delivered at once.
        started = await done(
            network, ada, "discussionStart", "discussion { id }",
            community=community["id"], title="Zebra mornings", body="My zebra mornings.", about=[treatment["id"]],
        )  # fmt: skip
        discussion = started["discussion"]["id"]
        await news.subscribe("posts", POST_ADDED, {"discussion": discussion})
        await news.subscribe("notified", NOTIFIED)
        await news.subscribe("opened", OPENED, {"community": community["slug"]})
        await subscribed(own_ask, 3)
        reply = await done(
            network, ben, "postAdd", "post { id }", discussion=discussion, body="Mine are better at ten."
        )
        reply = reply["post"]["id"]
        assert await received(news, 2) == {
            "posts": [{"postAdded": {"body": "Mine are better at ten.", "author": {"pseudonym": "Benedict"}}}],
            "notified": [{"notificationAdded": {"kind": "REPLY", "readAt": None, "subject": {"id": reply}}}],
        }
        await done(network, ada, "postReact", post=reply, reaction="THANKS", on=True)
        await done(network, ada, "postAdd", discussion=discussion, body="Ten is a zebra hour.")
        own_post = {"postAdded": {"body": "Ten is a zebra hour.", "author": {"pseudonym": "Marguerite"}}}
        assert await received(news, 1) == {"posts": [own_post]}

        # Ada checks in every day for four weeks, and corrects the last day.
        for day in [*range(28), 27]:
            observed = (first_day + timedelta(days=day)).isoformat()
            entries = [{"indicator": one["id"], "value": day % 3, "note": f"zebra {day}"} for one in followed]
            made = await done(network, ada, "observationsRecord", "observations { value }",
                              observedOn=observed, entries=entries)  # fmt: skip
            assert made == {"observations": [{"value": day % 3}] * 2}
        await done(
            network, ada, "observationsRecord",
            observedOn=today().isoformat(), entries=[{"indicator": symptom["id"], "value": 3, "note": "zebra hiccup"}],
        )  # fmt: skip
        series = (await data(own_ask, ada, DIARY, **{"from": first_day.isoformat()}))["me"]["dashboard"]["series"]
        [line] = [line for line in series if line["indicator"]["id"] == symptom["id"]]
        assert sum(point["count"] for point in line["points"]) == 28
        # 0, 1, 2 nine times over, and three on the last day in place of its zero.
        assert round(sum(point["mean"] * point["count"] for point in line["points"])) == 27 + 3
        last = {"value": 3, "observedOn": today().isoformat(), "note": "zebra hiccup", "byRelative": False}
        assert line["latest"] == last

        # Ada starts a treatment and evaluates it.
        begun = await done(
            network, ada, "courseStart", "course { id }",
            treatment=treatment["id"], community=community["id"], startedOn=first_day.isoformat(), dose="a zebra's cup",
        )  # fmt: skip
        course = begun["course"]["id"]
        evaluation = await done(
            network, ada, "courseEvaluate", "evaluation { course { id } satisfaction sideEffects { severity } }",
            course=course, effectiveness=8, convenience=6, satisfaction=7, comment="Zebras like it.",
            sideEffects=[{"indicator": symptom["id"], "severity": "MILD", "serious": False}],
        )  # fmt: skip
        assert evaluation == {
            "evaluation": {"course": {"id": course}, "satisfaction": 7, "sideEffects": [{"severity": "MILD"}]}
        }
        await done(
            network, ada, "courseEnd", course=course, endedOn=today().isoformat(), status="STOPPED", reason="COST"
        )
        evaluations = (
            "query ($slug: String!) { treatment(slug: $slug) { evaluations(first: 1) { nodes { comment } } } }"
        )
        shared = await data(own_ask, ben, evaluations, slug=treatment["slug"])
        assert shared["treatment"]["evaluations"]["nodes"] == [{"comment": "Zebras like it."}]

        # As the job of the month does, which counts the community's members.
        await network.database.execute("SELECT research.include_members($1)", key(community["id"]))
        # A survey waits for members to consent, and opens by a look of the scheduler, not by a consent.
        survey = await scheduled(network, manager, key(community["id"]), eligibility={"regions": [REGION]})
        consent = {"purpose": "SURVEY_RESEARCH", "granted": True, "recipients": ["HOSPITAL"]} | SHOWN
        await done(network, ada, "consentSet", "consent { granted }", **consent)
        assert (await data(own_ask, ada, MY_PART, survey=survey))["survey"] == {
            "status": "WAITING",
            "participation": None,
        }
        assert await network.refused(ada, "surveySubmit", survey=survey, answers=WHOLE) == ("TOO_EARLY", "input.survey")
        assert await news.quiet()
        await done(network, ben, "consentSet", "consent { granted }", **consent)
        assert await news.quiet()
        await opens(network, survey)
        assert await received(news, 2) == {
            "opened": [{"surveyOpened": {"id": survey, "title": "Sleep", "status": "OPEN"}}],
            "notified": [{"notificationAdded": {"kind": "SURVEY_OPEN", "readAt": None, "subject": {"id": survey}}}],
        }
        invited = {"status": "INVITED", "answers": []}
        assert (await data(own_ask, ada, MY_PART, survey=survey))["survey"] == {
            "status": "OPEN",
            "participation": invited,
        }

        # Ada answers: an answer to a question that their first answer hides is dropped. They withdraw and answer again.
        burden, words = {"question": "burden", "number": 7}, {"question": "words", "text": "Zebra sleep."}
        sent = await done(network, ada, "surveySubmit", ANSWERED, survey=survey, answers=[NO, HOW, burden, words])
        free = [
            {"question": {"key": "burden"}, "codes": [], "number": 7, "text": None},
            {"question": {"key": "words"}, "codes": [], "number": None, "text": "Zebra sleep."},
        ]
        no = {"question": {"key": "treated"}, "codes": ["NO"], "number": None, "text": None}
        assert sent == {"participation": {"status": "COMPLETED", "answers": [no, *free]}}
        withdrawn = await done(network, ada, "surveyWithdraw", ANSWERED, survey=survey)
        assert withdrawn == {"participation": {"status": "WITHDRAWN", "answers": []}}
        assert await network.value("SELECT count(*) FROM research.answer WHERE text = 'Zebra sleep.'") == 0
        assert await network.refused(ada, "surveySubmit", survey=survey, answers=[YES, burden]) == (
            "INVALID", "input.answers.how",
        )  # fmt: skip
        again = await done(network, ada, "surveySubmit", ANSWERED, survey=survey, answers=[YES, HOW, burden, words])
        yes, how = (
            no | {"codes": ["YES"]},
            {"question": {"key": "how"}, "codes": ["SOME"], "number": None, "text": None},
        )
        assert again == {"participation": {"status": "COMPLETED", "answers": [yes, how, *free]}}

        # Ada exports their data and deletes the account.
        whole = await exported(own_ask, ada)
        expect_everything(whole)
        assert "Mine are better" not in json.dumps(whole)  # another member's text
        refused = await network.refused(ada, "accountDelete", password="seven green lambs")
        assert refused == ("WRONG_CREDENTIALS", "input.password")
        own = [row["id"] for kind, rows in whole.items() if kind not in STAY for row in rows if "id" in row]
        mine = {id.rpartition("_")[2] for id in own}
        assert mine < {id for _, row in await every_row(owner) for id in UUIDS.findall(row)}
        await done(network, ada, "accountDelete", password=PASSWORD)
        await becomes_closed(own_ask, ada)
        assert await news.closed() == (4403, "Forbidden")

    # Posts stay without an author; nothing else is left.
    seen = (await data(own_ask, ben, SEEN, discussion=discussion))["discussion"]
    assert seen == {
        "title": "Zebra mornings",
        "postCount": 3,
        "author": None,
        "posts": {
            "nodes": [
                {"body": "My zebra mornings.", "removed": False, "author": None},
                {"body": "Mine are better at ten.", "removed": False, "author": {"pseudonym": "Benedict"}},
                {"body": "Ten is a zebra hour.", "removed": False, "author": None},
            ]
        },
    }
    assert (await mailbox.next(ADDRESS))["Subject"] == "Votre compte a été supprimé"
    waiting = "SELECT EXISTS (SELECT FROM identity.outbox_entry)"  # it is deleted once delivered
    await becomes(lambda: network.value(waiting), not_)
    rows = await every_row(owner)
    zebras = sorted(name for name, row in rows if "zebra" in row.lower())
    assert zebras == ["care.discussion", "care.post", "care.post"]
    for word in ("marguerite", ADDRESS, "snails"):
        assert [name for name, row in rows if word in row.lower()] == []
    assert len(mine) == 56 + 10  # observations, and what else is counted below
    left = {(name, id) for name, row in rows for id in UUIDS.findall(row) if id in mine}
    assert left == set()

    # The address and the pseudonym are free again.
    assert [error["code"] for error in await tried(own_ask, ADDRESS, PASSWORD)] == ["WRONG_CREDENTIALS"]
    newcomer = await join(own_ask, mailbox, "Marguerite")
    after = await exported(own_ask, newcomer)
    rows_of = {kind: len(rows) for kind, rows in after.items() if rows}
    assert rows_of == {"members": 1, "profiles": 1, "accounts": 1, "sessions": 1, "privacyLoss": 1}

"""Members and staff who perform random mutations."""

import random
from asyncio import Lock, gather
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from resolvers.identity.passwords import hash_password
from tests import factories
from tests.support.callers import User
from tests.support.invariants import FORMS
from tests.support.network import Network
from tests.support.newcomers import PASSWORD
from tests.support.surveys import SHOWN, today, wanted

PATIENTS, RELATIVES = 9, 3
REGION = "Mayotte"
FEWEST = 5  # patients who stay: the rest may leave


@dataclass
class Play:
    """The players, and the ids of everything that was created, deleted or not."""

    network: Network
    chance: random.Random
    communities: list[UUID]
    indicators: list[UUID]
    treatments: list[UUID]
    moderator: User
    manager: User
    people: list[User] = field(default_factory=list)  # patients
    relatives: list[User] = field(default_factory=list)
    made: dict[str, list[tuple[str, User]]] = field(default_factory=dict)  # ids, and by whom
    turn: User | None = None
    carried_out: Counter[str] = field(default_factory=Counter)
    superuser: Lock = field(default_factory=Lock)  # of the network's connection, which carries out one thing at a time

    def any(self, kind: str) -> str:
        """The id of a recent object of a kind, preferably the acting player's; an invalid id if there is none."""
        latest = self.made.get(kind, [])[-8:]
        own = [made for made in latest if made[1] is self.turn and self.chance.random() < 0.8]
        return self.chance.choice(own or latest or [("nothing", None)])[0]

    def community(self) -> str:
        return f"com_{self.chance.choice(self.communities)}"

    def day(self) -> str:
        return (today() - timedelta(days=self.chance.randint(-1, 3))).isoformat()

    def indicator(self) -> str:
        return f"ind_{self.chance.choice(self.indicators)}"

    def kinds(self) -> list[str]:
        return self.chance.choice([["HOSPITAL"], ["HOSPITAL", "MUTUAL"], ["MUTUAL"]])

    def answers(self) -> list[dict[str, Any]]:
        """Some answers to a form, including ones to hidden questions and sometimes invalid ones."""
        form = self.chance.choice(list(FORMS.values()))
        codes = ["YES", "NO", "SOME"] if self.chance.random() < 0.95 else ["PERHAPS"]
        some: list[dict[str, Any]] = [
            {"question": "treated", "codes": [self.chance.choice(codes)]},
            {"question": "how", "codes": self.chance.sample(["YES", "NO", "SOME"], self.chance.randint(1, 2))},
            {"question": "burden", "number": self.chance.randint(0, 10 if self.chance.random() < 0.95 else 20)},
            {"question": "words", "text": "Sleep."},
        ]
        self.chance.shuffle(some)
        given = [answer for answer in some if self.chance.random() < 0.9]
        return [answer | {"question": form.key(answer["question"])} for answer in given]

    async def do(self, who: User, mutation: str, kind: str = "", fields: str = "", **given: Any) -> None:
        """Tries a mutation, sometimes twice concurrently with one request id, and records what it created."""
        chosen = f"{fields} {{ id }}" if fields else "__typename"
        if self.chance.random() < 0.2:
            given["clientMutationId"] = f"{self.chance.random()}"
            payload, twin = await gather(*(self.network.do(who, mutation, chosen, **given) for _ in range(2)))
            # A refusal is not stored, so one of two concurrent repeats may be refused.
            assert payload == twin or payload["userErrors"] or twin["userErrors"]
        else:
            payload = await self.network.do(who, mutation, chosen, **given)
        if not payload["userErrors"]:
            self.carried_out[mutation] += 1
            for made in [payload[fields]] if fields and isinstance(payload[fields], dict) else payload.get(fields, []):
                self.made.setdefault(kind, []).append((made["id"], who))


async def member_of_play(network: Network, number: int, kind: MemberKind, password_hash: str) -> User:
    who = await network.member(kind=kind, pseudonym=f"player-{next(factories.numbers)}")
    account = await network.value("SELECT id FROM identity.account WHERE member_id = $1", who.id)
    await factories.credential(network.database, account_id=account, password_hash=password_hash)
    if number % 2:
        await network.database.execute("UPDATE care.profile SET region = $2 WHERE member_id = $1", who.id, REGION)
    return who


async def leave(play: Play, who: User) -> None:
    if who in play.people and len(play.people) > FEWEST and play.chance.random() < 0.4:
        play.people.remove(who)
        assert (await play.network.do(who, "accountDelete", "__typename", password=PASSWORD))["userErrors"] == []
        play.carried_out["accountDelete"] += 1


async def create(play: Play, _: User) -> None:
    form = play.chance.choice(list(FORMS.values()))
    asked = wanted(play.chance.choice(play.communities), questions=form.questions(), offeredTo=play.kinds())
    if play.chance.random() < 0.3:
        asked["eligibility"] = {"regions": [REGION]}
    await play.do(play.manager, "surveyCreate", "survey", "survey", **asked)


async def open_one(play: Play, _: User) -> None:
    """Opens a waiting survey, for which there are too few players."""
    waiting = "SELECT id FROM catalog.survey WHERE status = 'WAITING' AND NOT demonstration ORDER BY random() LIMIT 1"
    async with play.superuser:
        await play.network.database.execute(f"SELECT catalog.open_survey(id) FROM ({waiting}) s")


async def consent(play: Play, who: User) -> None:
    given: dict[str, Any] = {"purpose": "SURVEY_RESEARCH", "granted": False, **SHOWN}
    if play.chance.random() < 0.75:
        given |= {"granted": True, "recipients": play.kinds()}
    await play.do(who, "consentSet", **given)


async def record(play: Play, who: User) -> None:
    values = [play.chance.randint(-1 if play.chance.random() < 0.1 else 0, 10) for _ in range(2)]
    indicators = play.chance.sample(play.indicators, 2)
    entries = [{"indicator": f"ind_{id}", "value": value} for id, value in zip(indicators, values, strict=True)]
    whose = {"onBehalfOf": play.chance.choice(play.people).graph_id} if play.chance.random() < 0.3 else {}
    await play.do(who, "observationsRecord", "observation", "observations",
                  observedOn=play.day(), entries=entries, **whose)  # fmt: skip


async def evaluate(play: Play, who: User) -> None:
    play.turn = who
    effects = [{"indicator": play.indicator(), "severity": "MILD", "serious": False}]
    await play.do(who, "courseEvaluate", course=play.any("course"), effectiveness=play.chance.randint(0, 11),
                  convenience=5, satisfaction=5, sideEffects=effects)  # fmt: skip


async def resolve_flag(play: Play, _: User) -> None:
    answer = await play.network.ask(play.moderator, "{ flags(status: OPEN, first: 3) { nodes { id } } }")
    flags = [flag["id"] for flag in answer["data"]["flags"]["nodes"]] or ["nothing"]
    upheld = play.chance.random() < 0.5
    await play.do(play.moderator, "flagResolve", flag=play.chance.choice(flags), upheld=upheld)


async def suspend(play: Play, who: User) -> None:
    until = datetime.now(UTC) + timedelta(hours=play.chance.choice([-1] * 5 + [1]))
    await play.do(play.moderator, "memberSuspend", member=who.graph_id, reason="r", until=until.isoformat())


Move = Callable[[Play, User], Awaitable[None]]


def step(mutation: str, kind: str = "", fields: str = "", **given: Callable[[Play], Any]) -> Move:
    """A move that is one mutation, whose arguments are chosen when it is made."""

    async def move(play: Play, who: User) -> None:
        play.turn = who
        await play.do(who, mutation, kind, fields, **{name: choose(play) for name, choose in given.items()})

    return move


async def accept(play: Play, _: User) -> None:
    await play.do(play.chance.choice(play.relatives), "careLinkAccept", careLink=play.any("link"))


def post(play: Play) -> str:
    return play.any("post")


def survey(play: Play) -> str:
    return play.any("survey")


def take_part(mutation: str, **given: Callable[[Play], Any]) -> Move:
    """A move in a survey that invites, or has invited, the acting player."""

    async def move(play: Play, who: User) -> None:
        answer = await play.network.ask(who, "{ me { participations { survey { id status } } } }")
        surveys = [part["survey"] for part in answer["data"]["me"]["participations"]]
        chosen = [one["id"] for one in surveys if one["status"] == "OPEN"] or [play.any("survey")]
        play.turn = who
        await play.do(
            who, mutation, survey=play.chance.choice(chosen), **{name: of(play) for name, of in given.items()}
        )

    return move


def by(pick: Callable[[Play], User], move: Move) -> Move:
    async def moved(play: Play, _: User) -> None:
        await move(play, pick(play))

    return moved


# An entry that is listed twice is chosen twice as often.
MOVES: list[Move] = [
    step("communityJoin", community=Play.community),
    step("communityJoin", community=Play.community),
    step("communityLeave", community=Play.community),
    step("discussionStart", "discussion", "discussion", community=Play.community, title=lambda play: "Mornings",
         body=lambda play: "How are yours?"),
    *[step("postAdd", "post", "post", discussion=lambda play: play.any("discussion"), body=lambda play: "Slow.")] * 3,
    step("postEdit", post=post, body=lambda play: "Quick."),
    step("postRemove", post=post),
    by(lambda play: play.moderator, step("postRemove", post=post, reason=lambda play: "r")),
    by(lambda play: play.moderator, step("postRestore", post=post)),
    by(lambda play: play.moderator, step("discussionClose", discussion=lambda play: play.any("discussion"),
       closed=lambda play: play.chance.random() < 0.3)),
    by(lambda play: play.moderator, step("ambassadorAppoint", community=Play.community,
       member=lambda play: play.chance.choice(play.people).graph_id,
       appointed=lambda play: play.chance.random() < 0.8)),
    step("postReact", post=post, reaction=lambda play: "HUG", on=lambda play: play.chance.random() < 0.7),
    *[step("postFlag", post=post, reason=lambda play: "SPAM")] * 2,
    resolve_flag,
    suspend,
    *[record] * 2,
    step("observationRemove", observation=lambda play: play.any("observation")),
    step("courseStart", "course", "course", startedOn=Play.day,
         treatment=lambda play: f"trt_{play.chance.choice(play.treatments)}"),
    step("courseEnd", course=lambda play: play.any("course"), endedOn=Play.day, reason=lambda play: "COST",
         status=lambda play: play.chance.choice(["COMPLETED", "STOPPED", "ON_HOLD"])),
    evaluate,
    step("careLinkInvite", "link", "careLink", pseudonym=lambda play: play.chance.choice(play.relatives).name),
    accept,
    step("careLinkEnd", careLink=lambda play: play.any("link")),
    step("profileUpdate", region=lambda play: play.chance.choice([REGION, None])),
    leave,
    *[consent] * 4,
    create,
    *[by(lambda play: play.manager, step("surveySchedule", survey=survey))] * 3,
    by(lambda play: play.manager, step("surveyUnschedule", survey=survey)),
    *[open_one] * 3,
    by(lambda play: play.manager, step("surveyRevise", survey=survey,
       questions=lambda play: play.chance.choice(list(FORMS.values())).questions())),
    by(lambda play: play.manager, step("surveyClose", survey=survey)),
    take_part("surveySave", answers=Play.answers),
    *[take_part("surveySubmit", answers=Play.answers)] * 8,
    take_part("surveyWithdraw"),
]  # fmt: skip


async def begin(network: Network, seed: int) -> Play:
    """A new play, in which everybody is in one of two new communities."""
    database = network.database
    play = Play(
        network,
        random.Random(seed),
        communities=[(await factories.community(database))["id"] for _ in range(2)],
        indicators=[(await factories.indicator(database))["id"] for _ in range(3)],
        treatments=[(await factories.treatment(database))["id"] for _ in range(2)],
        moderator=await network.staff(StaffRole.MODERATOR),
        manager=await network.staff(StaffRole.SURVEY_MANAGER),
    )
    password_hash = await hash_password(PASSWORD)
    for number in range(PATIENTS):
        play.people.append(await member_of_play(network, number, MemberKind.PATIENT, password_hash))
    for number in range(RELATIVES):
        play.relatives.append(await member_of_play(network, number, MemberKind.RELATIVE, password_hash))
    for who in [*play.people, *play.relatives]:
        await play.do(who, "communityJoin", community=play.community())
    return play


async def play_twice(play: Play, who: User) -> None:
    """Makes two moves of one player in sequence."""
    for _ in range(2):
        if who in play.people or who in play.relatives:
            await play.chance.choice(MOVES)(play, who)

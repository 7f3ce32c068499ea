"""docs/starting.md is true: its steps are carried out in its order and words, from an empty database to an insight."""

import asyncio
import contextlib
import math
import os
import re
import shlex
import subprocess
import sys
from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pyotp
import pytest

from commands.cluster import cluster
from commands.databases import at
from models.logins import role_dsn
from models.security.publisher import PUBLISHER
from privacy import thresholds
from privacy.budget import FLOOR
from resolvers.identity.outbox import deliver_all
from resolvers.jobs import PUBLISHING
from settings import Settings
from tests.commands.test_deploy import unit
from tests.commands.test_load import database_of, medicine, substance
from tests.support import guide
from tests.support.client import Ask, Caller, serving
from tests.support.clock import set_clock
from tests.support.clusters import quick_folder
from tests.support.guide import Expect, Keep, Other, Section, Send, Shell, Step, Wait
from tests.support.newcomers import CODE_LINE, Mailbox

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/starting.md").read_text(encoding="utf-8")
MEMBERS = 290  # six standard deviations of a dataset's noisy size above the 200 that it needs
AT_ONCE = 8
DATABASE = "127.0.0.1:5432/cohorte"  # in the guide and in the unit
OWNER, NAME = "cohorte_owner", "cohorte"
CODE_MAILED = re.compile(r"the code in the mail to `(\S+)`")
DIGITS = re.compile(r"the six digits that the app with `\$(\w+)` shows")

Values = MutableMapping[str, Any]


@dataclass
class Reader:
    """Carries out the guide's steps: in a shell, by HTTP, and at times of the test's own."""

    folder: Path
    machine: str  # the superuser's address of its PostgreSQL
    began: datetime
    values: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)  # the latest code, by recipient
    printed: str = ""
    answer: Any = None
    passed: timedelta = timedelta()
    serving: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    ask: Ask | None = None

    async def carry_out(self, section: Section) -> None:
        if not section.each:
            for step in section.steps:
                await self.step(step, self.values)
            return
        free = asyncio.Semaphore(AT_ONCE)

        async def member(number: int) -> None:
            mine = self.values.setdefault(f"member {number}", {})
            mine |= {"EMAIL": f"member{number}@people.example", "PSEUDONYM": f"Heron {number}"}
            mine |= {"its address": f"198.51.{100 + number // 250}.{number % 250 + 1}"}
            async with free:
                for step in section.steps:
                    await self.step(step, ChainMap(mine, self.values))

        assert f"carries this section out for {MEMBERS} members" in GUIDE
        await asyncio.gather(*(member(number) for number in range(MEMBERS)))
        self.values |= self.values["member 0"]

    async def step(self, step: Step, values: Values) -> None:
        match step:
            case Shell():
                await asyncio.to_thread(self.shell, step)
            case Other():
                await self.stand_in(step)
            case Send():
                values["its answer"] = await self.send(step, values)
            case Keep():
                values[step.name] = await self.found(step.source, values)
            case Expect():
                assert list(guide.differences(self.filled(step.answer, values), values["its answer"])) == []
            case Wait():
                await self.wait_until(self.began.replace(hour=12) + timedelta(days=step.days))

    async def stand_in(self, step: Other) -> None:
        """Does what a block that is not carried out leaves behind, where the next ones need it."""
        if "createdb" not in step.code:
            return
        assert re.findall(r"create(?:user|db) .*", step.code) == [
            f"createuser --createrole --pwprompt {OWNER}",
            f"createdb --owner {OWNER} --encoding UTF8 --template template0 {NAME}",
        ]
        password = (self.folder / "secrets/owner_password").read_text().strip()
        superuser = await asyncpg.connect(self.machine)
        await superuser.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{password}'")
        await superuser.execute(f"CREATE DATABASE {NAME} OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0")
        await superuser.close()

    @property
    def database(self) -> str:
        """The database's address, without a scheme and a login."""
        url = urlsplit(at(self.machine, NAME))
        return f"{url.netloc.rpartition('@')[2]}{url.path}?{url.query}"

    def shell(self, step: Shell) -> None:
        """Runs commands in the guide's shell, which keeps the variables that they export."""
        questions, typed = guide.answers_typed(step.typed)
        code = step.code.replace("SECRETS=/etc/cohorte", f"SECRETS={self.folder / 'secrets'}")
        code = code.replace(f"DATABASE={DATABASE}", f"DATABASE={shlex.quote(self.database)}")
        kept = self.folder / "environment"
        done = subprocess.run(
            ["sh", "-euc", f"{code}\nenv -0 > {shlex.quote(str(kept))}"],
            cwd=self.folder, env=self.environment, input=typed, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (step.code, done.stdout, done.stderr)
        assert [question for question in questions if question not in done.stdout] == []
        self.printed = done.stdout
        self.environment = dict(pair.split("=", 1) for pair in kept.read_text().split("\0") if pair)

    async def send(self, step: Send, values: Values) -> Any:
        """The data of an operation, which nothing refuses."""
        who = Caller(step.who or "anybody", values[step.who] if step.who else None)
        server = await self.server()
        sent = {"query": step.operation, "variables": self.filled(step.variables, values)}
        # As the proxy of the unit's settings adds it: each member has an address of their own.
        address = {"x-forwarded-for": values.get("its address", "192.0.2.1")}
        answer = (await server.http.post("/graphql", json=sent, headers=who.headers | address)).json()
        assert guide.refusals_in(answer) == [], step.operation
        return answer["data"]

    async def found(self, source: str, values: Values) -> Any:
        """What a reader finds where the guide says that a value comes from."""
        if mailed := CODE_MAILED.fullmatch(source):
            return await self.mailed(values["EMAIL"] if mailed[1] == "$EMAIL" else mailed[1])
        if app := DIGITS.fullmatch(source):
            self.passed += timedelta(minutes=1)  # so that they are others than before
            await self.set_clock()
            return pyotp.TOTP(values[app[1]]).at(self.began + self.passed)
        if source == "the code that is printed":
            [code] = CODE_LINE.findall(self.printed)
            return code
        return guide.at(source.strip("`"), values["its answer"])

    async def mailed(self, address: str) -> str:
        """The code of the next mail to an address."""
        async with asyncio.timeout(30):
            while address not in self.mails:
                for path in (self.folder / "data/mail").glob("*.eml"):
                    mail = Mailbox.open(path)
                    path.unlink()
                    if codes := CODE_LINE.findall(mail.as_bytes().decode()):
                        self.mails[mail["To"]] = codes[0]
                await asyncio.sleep(0.02)
        return self.mails.pop(address)

    def filled(self, text: str, values: Values) -> Any:
        days = {f"IN_{number}_DAYS": self.day(int(number)) for number in re.findall(r"\$IN_(\d+)_DAYS", text)}
        return guide.filled(text, ChainMap({"TODAY": (self.began + self.passed).date().isoformat()}, days, values))

    def day(self, number: int) -> str:
        return (self.began.date() + timedelta(days=number)).isoformat()

    async def server(self) -> Ask:
        """The server, started with the settings of the unit and of the guide at its first operation."""
        if self.ask is None:
            settings = self.settings()
            assert (settings.demo, settings.migrate) == (False, False)
            assert settings.passkey_domain == "cohorte.example"
            assert settings.second_factor_key is not None
            given = settings.model_dump(exclude={"port", "mail_url", "data", "rates", "limits", "database_url"})
            data = self.folder / "data"
            self.ask = await self.serving.enter_async_context(
                serving(
                    str(settings.database_url),
                    data=data,
                    known_head=False,
                    **{**given, "pool_size": 3, "metrics_port": None},
                )
            )
        return self.ask

    def settings(self) -> Settings:
        """The settings of deploy/cohorte.service with the guide's own."""
        secrets = self.folder / "secrets"
        service = unit("cohorte.service")["Service"]
        credentials = dict(value.split(":") for key, value in service if key == "LoadCredential")
        assert {Path(path).parent for path in credentials.values()} == {Path("/etc/cohorte")}
        assert [name for name in credentials if not (secrets / name).exists()] == []
        words = [word for key, value in service if key == "Environment" for word in shlex.split(value)]
        assert ("EnvironmentFile", "/etc/cohorte/server.env") in service
        words += (secrets / "server.env").read_text().splitlines()
        given = {name: value.replace("%d", str(secrets)) for name, _, value in (word.partition("=") for word in words)}
        assert given["COHORTE_DATABASE_URL"] == f"postgresql://{DATABASE}"
        return Settings.from_environment(given | {"COHORTE_DATABASE_URL": f"postgresql://{self.database}"})

    async def wait_until(self, moment: datetime) -> None:
        """Moves the clock, and does what the server does by itself within a minute."""
        self.passed = moment - self.began
        await self.set_clock()
        settings = self.settings()
        database = await asyncpg.connect(at(self.machine, NAME))
        publisher = await asyncpg.connect(role_dsn(str(settings.database_url), PUBLISHER, settings.role_key))
        try:
            for job in PUBLISHING:
                await job(publisher)
            await deliver_all(database)
        finally:
            await publisher.close()
            await database.close()

    async def set_clock(self) -> None:
        database = await asyncpg.connect(at(self.machine, NAME))
        await set_clock(database, self.began + self.passed)
        await database.close()


@pytest.fixture
def machine() -> Iterator[str]:
    """Yields the superuser's address of a PostgreSQL of the test's own: the guide sets the passwords of its roles."""
    with cluster(quick_folder(), throwaway=True) as dsn:
        yield dsn


@pytest.fixture
def counts_without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the noise by which a survey opens a day earlier or later."""
    monkeypatch.setattr(thresholds, "noisy_threshold", lambda number: number)
    monkeypatch.setattr(thresholds, "has_reached", lambda count, threshold: count >= threshold)


@pytest.fixture
def reader(machine: str, tmp_path: Path) -> Reader:
    """Yields somebody with a new machine, on which nothing is set up yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COHORTE_")}
    tools = {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PYTHONPATH": str(ROOT)}
    return Reader(folder=tmp_path, machine=machine, began=datetime.now(UTC), environment=kept | tools)


@pytest.mark.slow
@pytest.mark.usefixtures("counts_without_noise")
async def test_the_guide_leads_from_an_empty_machine_to_an_insight(reader: Reader) -> None:
    database_of(
        reader.folder / "medicines",
        medicines=[medicine("60000001", "MARAVINE 500 mg")],
        substances=[substance("60000001", 1, "MARAVINE")],
    )
    async with reader.serving:
        for section in guide.sections_of(GUIDE):
            await reader.carry_out(section)
    assert len(reader.mails) == 0


def test_every_block_of_the_guide_is_a_step() -> None:
    steps = [step for section in guide.sections_of(GUIDE) for step in section.steps]
    fences = re.findall(r"^```(\w+)$", GUIDE, re.MULTILINE)
    assert GUIDE.count("```") == 2 * len(fences)
    commands = [step for step in steps if isinstance(step, Shell | Other)]
    assert len(commands) == fences.count("sh")
    assert len([step for step in commands if isinstance(step, Shell) and step.typed]) == fences.count("text")
    sent = [step for step in steps if isinstance(step, Send)]
    assert {step.operation for step in sent} == set(
        re.findall(r"^```graphql\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    )
    answers = [step for step in steps if isinstance(step, Expect)]
    assert len(answers) == len(re.findall(r"^It returns:$", GUIDE, re.MULTILINE))
    assert fences.count("json") == len([step for step in sent if step.variables != "{}"]) + len(answers)
    kept = {step.name for step in steps if isinstance(step, Keep)}
    assert kept == set(re.findall(r"Keep `\$(\w+)` =", GUIDE))
    used = {name for step in sent for name in re.findall(r"\$(\w+)", step.variables)} | {step.who for step in sent}
    assert kept - used == {"CAMILLES_APP", "MALIKS_APP"}  # from which digits are kept


def test_what_the_guide_does_not_carry_out_is_few_and_said() -> None:
    others = [step.code for section in guide.sections_of(GUIDE) for step in section.steps if isinstance(step, Other)]
    assert [re.findall(r"apt install|createdb|systemctl enable", code) for code in others] == [
        ["apt install"], ["createdb"], ["systemctl enable"]
    ]  # fmt: skip


def test_as_many_members_as_the_guide_recommends_open_a_survey_at_the_first_look() -> None:
    """Of the difference of two Laplace variables of scale b, the share above x is (1 + x / 2b) exp(-x / b) / 2."""
    [(had, needed, opened, looks)] = re.findall(
        r"have (\d+)\s+members who consent for a minimum of (\d+), and (\d+) of (\d+) surveys", GUIDE
    )
    beyond = (int(had) - int(needed)) / thresholds.scale()
    assert int(opened) / int(looks) <= 1 - (1 + beyond / 2) * math.exp(-beyond) / 2
    assert int(needed) == FLOOR


def test_an_answer_that_lacks_what_is_expected_is_found() -> None:
    expected = {"a": {"b": [1, {"c": None}]}}
    assert list(guide.differences(expected, {"a": {"b": [1, {"c": None, "d": 2}], "e": 3}})) == []
    for other in ({}, {"a": None}, {"a": {"b": [1]}}, {"a": {"b": [1, {"c": 0}]}}, {"a": {"b": [True, {"c": 0}]}}):
        assert list(guide.differences(expected, other))


def test_refusals_are_found_wherever_they_stand() -> None:
    refusal = {"code": "INVALID"}
    assert guide.refusals_in({"data": {"a": {"userErrors": []}, "b": {"userErrors": [refusal]}}}) == [refusal]
    assert guide.refusals_in({"data": None, "errors": [refusal]}) == [refusal]
    assert guide.refusals_in({"data": {"a": [1], "b": None, "c": {"d": 1}}}) == []

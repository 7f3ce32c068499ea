"""The operator's command for staff: the first administrator, the list, and suspending without an administrator."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from commands import staff
from models.logins import role_dsn
from models.viewers import Audience
from settings import Settings
from tests import factories
from tests.support.client import ANYBODY, serving
from tests.support.newcomers import CODE_LINE, PASSWORD, RESET, Mailbox, code_in, done, sign_in

ANSWERS = ("Camille Roy", "Camille@cohorte.example", "")


class Terminal:
    """Runs the command, with answers to what it asks."""

    def __init__(self, patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str], dsn: str) -> None:
        self.patch, self.printed = patch, printed
        for name in ("COHORTE_DEMO", "COHORTE_DATA"):
            patch.delenv(name, raising=False)
        patch.setenv("COHORTE_DATABASE_URL", dsn)

    async def run(self, *arguments: str, answers: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """The exit status, and what was printed to both streams."""
        left = iter(answers)
        self.patch.setattr(staff, "ASK", lambda question: answer(left))
        self.printed.readouterr()
        status = await asyncio.to_thread(staff.main, arguments)
        return status, *self.printed.readouterr()


def answer(left: Iterator[str]) -> str:
    try:
        return next(left)
    except StopIteration:
        raise EOFError from None


@pytest.fixture
def terminal(fresh: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Yields the command on the test's own database."""
    return Terminal(monkeypatch, capsys, fresh)


async def test_the_first_administrator_chooses_a_password_with_the_printed_code(
    terminal: Terminal, fresh: str, tmp_path: Path
) -> None:
    status, printed, errors = await terminal.run("create", answers=ANSWERS)
    assert (status, errors) == (0, "")
    [code] = CODE_LINE.findall(printed)
    async with serving(fresh, data=tmp_path, demo=False) as ask:
        assert await done(ask, ANYBODY, RESET, {"code": code, "password": PASSWORD}) == []
        camille = await sign_in(ask, "camille@cohorte.example")
        found = (await ask(camille, "{ viewer { staff { name roles withheldRoles status } } }"))["data"]["viewer"][
            "staff"
        ]
        assert found == {"name": "Camille Roy", "roles": [], "withheldRoles": ["ADMINISTRATOR"], "status": "ACTIVE"}
    assert not [to for to, subject in Mailbox(tmp_path).all() if "staff account" in subject]
    assert code not in (await terminal.run("list"))[1]


async def test_the_code_is_mailed_instead_of_printed(terminal: Terminal, fresh: str, tmp_path: Path) -> None:
    answers = ("Camille Roy", "camille@cohorte.example", "administrator, catalogue_editor")
    status, printed, _ = await terminal.run("create", "--mail", "--locale", "en", answers=answers)
    assert status == 0
    assert not CODE_LINE.findall(printed)
    async with serving(fresh, data=tmp_path, demo=False) as ask:
        mail = await Mailbox(tmp_path).next("camille@cohorte.example")
        assert mail["Subject"] == "Your staff account at Cohorte"
        assert await done(ask, ANYBODY, RESET, {"code": code_in(mail), "password": PASSWORD}) == []
        camille = await sign_in(ask, "camille@cohorte.example")
        found = (await ask(camille, "{ viewer { staff { roles withheldRoles } } }"))["data"]["viewer"]["staff"]
        assert found == {"roles": ["CATALOGUE_EDITOR"], "withheldRoles": ["ADMINISTRATOR"]}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (("Camille", "camille", ""), "not an e-mail address"),
        (("Camille", "", ""), "not an e-mail address"),
        ((" ", "camille@cohorte.example", ""), "must not be empty"),
        (("Camille", "camille@cohorte.example", "BOSS"), "1 of these are not roles"),
        (("Camille", "taken@cohorte.example", ""), "Another account has this address"),
        (("Camille",), "Nothing was changed"),
    ],
)
async def test_wrong_answers_change_nothing(
    terminal: Terminal, fresh: str, answers: tuple[str, ...], says: str
) -> None:
    owner = await asyncpg.connect(fresh)
    await factories.account(owner, email="taken@cohorte.example")
    before = await owner.fetchval("SELECT count(*) FROM identity.staff")
    status, printed, errors = await terminal.run("create", answers=answers)
    assert (status, printed) == (1, "")
    assert says in errors
    assert "BOSS" not in errors
    assert await owner.fetchval("SELECT count(*) FROM identity.staff") == before
    await owner.close()


async def test_the_operator_lists_suspends_and_reinstates(terminal: Terminal, fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    await owner.execute("DELETE FROM identity.staff")  # of the demonstration
    assert "no staff" in (await terminal.run("list"))[1]
    await terminal.run("create", answers=ANSWERS)
    [line] = (await terminal.run("list"))[1].splitlines()
    assert line == "Camille Roy <camille@cohorte.example>: no roles (withheld: ADMINISTRATOR), INVITED"
    status, printed, _ = await terminal.run("suspend", answers=(" CAMILLE@cohorte.example ",))
    assert (status, "suspended" in printed) == (0, True)
    [line] = (await terminal.run("list"))[1].splitlines()
    assert line == "Camille Roy <camille@cohorte.example>: no roles (withheld: ADMINISTRATOR), SUSPENDED"
    assert (await terminal.run("reinstate", answers=("camille@cohorte.example",)))[0] == 0
    status, _, errors = await terminal.run("suspend", answers=("nobody@cohorte.example",))
    assert (status, "No staff account has this address" in errors) == (1, True)
    found = await owner.fetch("SELECT kind, by_staff_id FROM identity.staff_change ORDER BY changed_at, id")
    assert [tuple(each) for each in found] == [("CREATED", None), ("SUSPENDED", None), ("REINSTATED", None)]
    await owner.close()


async def test_lost_second_factors_are_removed(terminal: Terminal, fresh: str) -> None:
    await terminal.run("create", answers=ANSWERS)
    owner = await asyncpg.connect(fresh)
    account = await owner.fetchval("SELECT id FROM identity.account WHERE email = 'camille@cohorte.example'")
    await factories.second_factor(owner, account_id=account)
    await factories.recovery_code(owner, account_id=account)
    await factories.session(owner, account_id=account)
    assert "ADMINISTRATOR" in await owner.fetchval("SELECT roles FROM identity.staff WHERE name = 'Camille Roy'")
    assert (await terminal.run("reset-second-factor", answers=("camille@cohorte.example",)))[0] == 0
    for table in ("second_factor", "recovery_code", "session"):
        assert await owner.fetchval(f"SELECT count(*) FROM identity.{table} WHERE account_id = $1", account) == 0
    found = await owner.fetchrow("SELECT roles, withheld_roles FROM identity.staff WHERE name = 'Camille Roy'")
    assert found is not None
    assert (found["roles"], found["withheld_roles"]) == ([], ["ADMINISTRATOR"])
    kinds = [row["kind"] for row in await owner.fetch("SELECT kind FROM identity.staff_change ORDER BY changed_at")]
    assert kinds == ["CREATED", "SECOND_FACTOR_RESET"]
    await owner.close()


async def test_an_account_of_a_member_is_none_of_staff(terminal: Terminal, fresh: str) -> None:
    owner = await asyncpg.connect(fresh)
    await factories.account(owner, email="member@people.example")
    await owner.close()
    status, _, errors = await terminal.run("suspend", answers=("member@people.example",))
    assert (status, "No staff account has this address" in errors) == (1, True)


async def test_a_role_of_the_server_may_not_open_accounts(
    terminal: Terminal, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTE_DATABASE_URL", role_dsn(fresh, Audience.MANAGER, None))
    status, printed, errors = await terminal.run("create", answers=ANSWERS)
    assert (status, printed) == (1, "")
    assert "the database's owner" in errors


async def test_a_database_that_is_not_migrated_is_reported(
    terminal: Terminal, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTE_DATABASE_URL", server)
    status, _, errors = await terminal.run("list")
    assert (status, "commands.migrate" in errors) == (1, True)


async def test_the_demonstration_gets_no_other_staff(
    terminal: Terminal, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTE_DEMO", "1")
    status, _, errors = await terminal.run("create", answers=ANSWERS)
    assert (status, "COHORTE_DEMO=0" in errors) == (1, True)


def test_the_command_takes_nothing_secret_from_its_arguments_or_settings() -> None:
    source = Path(staff.__file__).read_text(encoding="utf-8")
    assert re.findall(r"os\.environ", source) == ["os.environ"]  # for the settings alone, none of which is a password
    assert not [name for name in Settings.model_fields if "password" in name]

"""Opens, lists and suspends staff accounts for the operator: `python -m commands.staff create`.

For the first administrator, and for when no administrator can sign in. Everything else about staff is done by
administrators, by mutation.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from commands.owner import Connection, NotDone, run
from models.identity.accounts import StaffRole
from resolvers.identity import accounts_rules, staff_mutations
from resolvers.identity.registrations_mutations import new_code
from resolvers.identity.staff_mutations import INVITATION_LIFETIME
from resolvers.transactions import Refused
from schema.scalars import parse_email_address
from settings import Settings

ASK = input  # replaced by tests
ADDRESS = "The e-mail address of the staff account: "


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.staff",
        description="Open, list and suspend staff accounts, in the database of COHORTE_DATABASE_URL, as its owner, or "
        "in the embedded one. Names and addresses are asked for, so that no list of processes shows them.",
    )
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    creating = actions.add_parser("create", help="open an account, such as the first administrator's")
    creating.add_argument("--mail", action="store_true", help="mail the one-time code instead of printing it")
    creating.add_argument(
        "--locale", default=accounts_rules.DEFAULT_LOCALE, help="language of mail (default: %(default)s)"
    )
    actions.add_parser("list", help="list the accounts, their roles and their status")
    actions.add_parser("suspend", help="suspend an account: its sessions end, and it cannot sign in")
    actions.add_parser("reinstate", help="reinstate a suspended account")
    actions.add_parser("reset-second-factor", help="remove the second factors of an account, which were lost")
    given = parser.parse_args(arguments)

    async def work(connection: Connection) -> None:
        # Before anything is asked: a role of the server's cannot do it.
        await connection.execute("SELECT FROM identity.staff_change LIMIT 1")
        match given.action:
            case "create":
                await create(connection, Settings.from_environment(os.environ), given.locale, given.mail)
            case "list":
                await listing(connection)
            case "suspend" | "reinstate":
                await suspend(connection, given.action == "suspend")
            case "reset-second-factor":
                await reset(connection)

    try:
        return run(work)
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was changed.", file=sys.stderr)
        return 1


async def create(connection: Connection, settings: Settings, locale: str, mail: bool) -> None:
    """Asks for a name, an address and roles, opens the account, and prints or mails its code. Raises NotDone."""
    if settings.demo and "members" not in settings.demo_allow:
        raise NotDone(
            "COHORTE_DEMO=1: the demonstration has staff of its own, and is not served with other accounts. Set "
            "COHORTE_DEMO=0, and a database of its own for a network with members."
        )
    language = checked(lambda: accounts_rules.locale_of(locale))
    name = checked(lambda: staff_mutations.staff_name(ASK("Name: ")))
    address = checked(lambda: address_of(ASK("E-mail address: ")))
    roles = roles_of(ASK(f"Roles, separated by commas ({StaffRole.ADMINISTRATOR}): "))
    code = new_code()
    made = await connection.fetchval(
        "SELECT identity.open_staff(NULL, $1, $2, $3, $4, $5, $6, $7)",
        name, address, language, roles, code, INVITATION_LIFETIME, mail,
    )  # fmt: skip
    if made is None:
        raise NotDone("Another account has this address. Nothing was changed.")
    if mail:
        print("The account is open. A code to choose a password is mailed as soon as a server runs.")
        return
    print(
        f"The account is open. Its one-time code, valid for {INVITATION_LIFETIME.days} days, is not shown again:\n\n"
        f"{code}\n\nThe person chooses a password with it:\n\n"
        '    mutation { resetPassword(input: {code: "...", password: "..."}) { userErrors { message } } }'
    )
    if staff_mutations.NEEDS_SECOND_FACTOR & {*roles}:
        print(
            "\nThen they sign in, and set a second factor (secondFactorStart): until then, they cannot use their roles."
        )


async def listing(connection: Connection) -> None:
    found = await connection.fetch(
        """
        SELECT f.name, a.email, f.roles, f.withheld_roles, f.last_signed_in_on,
            CASE WHEN f.suspended_at IS NOT NULL THEN 'SUSPENDED'
                WHEN f.last_signed_in_on IS NOT NULL THEN 'ACTIVE' ELSE 'INVITED' END AS status
        FROM identity.staff f LEFT JOIN identity.account a ON a.staff_id = f.id ORDER BY f.name, f.id
        """
    )
    if not found:
        print("There are no staff. Open the first administrator's account: python -m commands.staff create")
    for each in found:
        withheld = f" (withheld: {' '.join(each['withheld_roles'])})" if each["withheld_roles"] else ""
        signed_in = f", last signed in on {each['last_signed_in_on']}" if each["last_signed_in_on"] else ""
        roles = " ".join(each["roles"]) or "no roles"
        print(f"{each['name']} <{each['email'] or 'no account'}>: {roles}{withheld}, {each['status']}{signed_in}")


async def suspend(connection: Connection, suspended: bool) -> None:
    staff = await staff_with(connection)
    await connection.execute("SELECT identity.set_suspended(NULL, $1, $2)", staff, suspended)
    print("The account is suspended, and its sessions are over." if suspended else "The account is reinstated.")


async def reset(connection: Connection) -> None:
    await connection.execute("SELECT identity.reset_staff_second_factors($1)", await staff_with(connection))
    print(
        "The account has no second factor any more, and its sessions are over. The person signs in with the password, "
        "and sets a new second factor."
    )


async def staff_with(connection: Connection) -> object:
    """The id of the staff member whose address is asked for. Raises NotDone."""
    address = checked(lambda: address_of(ASK(ADDRESS)))
    found = await connection.fetchval("SELECT staff_id FROM identity.account WHERE email = $1", address)
    if found is None:
        raise NotDone("No staff account has this address. Nothing was changed.")
    return found


def address_of(text: str) -> str:
    address = parse_email_address(text.strip())
    if address is None or address.valid is None:
        raise NotDone("This is not an e-mail address. Nothing was changed.")
    return address.valid


def roles_of(text: str) -> list[str]:
    """The roles of an answer, ADMINISTRATOR if it is blank. Raises NotDone."""
    words = text.replace(",", " ").upper().split()
    if unknown := [word for word in words if word not in StaffRole.__members__]:
        raise NotDone(
            f"{len(unknown)} of these are not roles. The roles are: {', '.join(StaffRole)}. Nothing was changed."
        )
    return staff_mutations.given([StaffRole(word) for word in words] or [StaffRole.ADMINISTRATOR])


def checked(value: Callable[[], str]) -> str:
    """The value, with a refusal as NotDone."""
    try:
        return value()
    except Refused as refused:
        raise NotDone(f"{refused.refusals[0].message} Nothing was changed.") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

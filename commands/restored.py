"""Ends what a restored backup has brought back and nobody can list: `python -m commands.restored`.

For the operator, once after a restore. What a backup has of sessions, codes, API keys and queued mail may have been
ended, used, revoked or sent since.
"""

import argparse
import sys
from collections.abc import Sequence

from commands.owner import Connection, run

# Each with what it is called in the list that is printed. All of them in one transaction, and each may be done again.
ENDED = (
    ("sessions, of so many accounts",
     "SELECT count(*) FROM (SELECT identity.close_sessions(s.account_id)"
     " FROM (SELECT DISTINCT account_id FROM identity.session) s OFFSET 0) c"),
    ("codes for new passwords",
     "WITH gone AS (DELETE FROM identity.password_reset RETURNING 1) SELECT count(*) FROM gone"),
    ("codes for new e-mail addresses",
     "WITH gone AS (DELETE FROM identity.email_change WHERE NOT reverts RETURNING 1) SELECT count(*) FROM gone"),
    ("addresses of exports", "WITH gone AS (DELETE FROM identity.data_export RETURNING 1) SELECT count(*) FROM gone"),
    ("invitations to organizations",
     "WITH gone AS (DELETE FROM insight.organization_user WHERE expires_at IS NOT NULL RETURNING 1)"
     " SELECT count(*) FROM gone"),
)  # fmt: skip
KEYS = (
    "API keys",
    "WITH gone AS (UPDATE insight.api_key SET expires_at = now() WHERE expires_at > now() RETURNING 1)"
    " SELECT count(*) FROM gone",
)
SENT = (
    ("mails and events that were queued",
     "WITH gone AS (DELETE FROM identity.outbox_entry WHERE kind IN ('MAIL', 'WEBHOOK', 'EVENT') RETURNING 1)"
     " SELECT count(*) FROM gone"),
    ("deliveries to webhooks",
     "WITH gone AS (UPDATE insight.webhook_delivery SET status = 'CANCELLED' WHERE status = 'PENDING' RETURNING 1)"
     " SELECT count(*) FROM gone"),
)  # fmt: skip
LEFT = """
What else may be back, and only you can know: staff who were suspended or had other roles (python -m commands.staff
list), users whom an organization has removed, passwords and second factors that were replaced, recovery codes that were
used, licences that were declined, care links, settings of sharing, and posts that were removed. docs/operating.md says
what to do."""


def main(arguments: Sequence[str]) -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m commands.restored",
        description="After a restore: end all sessions, codes, invitations and API keys, and drop queued mail, in the "
        "database of COHORTE_DATABASE_URL, as its owner, or in the embedded one.",
    )
    parser.add_argument("--keep-api-keys", action="store_true", help="if none was revoked since the backup")
    parser.add_argument("--keep-mail", action="store_true", help="if nothing was sent since the backup")
    given = parser.parse_args(arguments)
    ended = (*ENDED, *(() if given.keep_api_keys else (KEYS,)), *(() if given.keep_mail else SENT))

    async def work(connection: Connection) -> None:
        for name, statement in ended:
            print(f"Ended {name}: {await connection.fetchval(statement)}.")
        print(LEFT)

    return run(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Holds the texts of mails, which locales/ has in the other languages. A code, or a name, has a line to itself."""

from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import fill

from models.identity.registrations import MailTemplate
from models.languages import DEFAULT, Language, language_of
from models.messages import Message, message
from resolvers.identity.credentials_mutations import REVERT_LIFETIME
from resolvers.identity.organization_users_mutations import INVITATION_LIFETIME as USER_LIFETIME
from resolvers.identity.organizations_mutations import INVITATION_LIFETIME
from resolvers.identity.registrations_mutations import RESET_LIFETIME, VERIFICATION_LIFETIME
from resolvers.identity.staff_mutations import INVITATION_LIFETIME as STAFF_LIFETIME
from resolvers.identity.webhooks_rules import DISABLED_AFTER

LINE = 72  # characters
VERIFICATION_HOURS = VERIFICATION_LIFETIME // timedelta(hours=1)
RESET_MINUTES = RESET_LIFETIME // timedelta(minutes=1)
REVERT_DAYS = REVERT_LIFETIME.days
INVITATION_DAYS = INVITATION_LIFETIME.days
STAFF_DAYS = STAFF_LIFETIME.days
USER_DAYS = USER_LIFETIME.days
WEBHOOK_DAYS = DISABLED_AFTER.days
SANDBOX = message("This e-mail is from a sandbox. All data are synthetic: no figure in it is about people.")
TURN_OFF = "/lab/keys", message("You can turn them off on this page:")
ENTER = message("Enter the code on this page:")
PAGES = {  # that mails lead to, each with what it is for
    MailTemplate.RESET_PASSWORD: ("/reset/code", ENTER),
    MailTemplate.ORGANIZATION_OPENED: ("/reset/code", ENTER),
    MailTemplate.STAFF_OPENED: ("/reset/code", ENTER),
    MailTemplate.EMAIL_CHANGED: ("/revert", ENTER),
    MailTemplate.INVITATION: ("/join", ENTER),
    MailTemplate.INSIGHT_PUBLISHED: TURN_OFF,
    MailTemplate.DATASET_FROZEN: TURN_OFF,
}
ABOUT_DAYS = (MailTemplate.ACCOUNT_SLEEPS, MailTemplate.ACCOUNT_SLEEPS_STILL)  # mails that are about a day


@dataclass(frozen=True)
class MailText:
    """The subject and body of a mail, and the language of both."""

    subject: str
    body: str
    language: Language


def mail_text(
    template: MailTemplate,
    locale: str,
    code: str | None,
    about: str | None = None,
    *,
    pages: str | None = None,
    synthetic: bool = False,
) -> MailText:
    """The text of a mail, in the language of `locale`, or in English if the server does not speak it.

    `about` is the pseudonym, the day as in ISO 8601, or the name of the organization, community or webhook that the
    template refers to, if any.
    `pages` is the origin of the server's pages, if it has any: some mails lead to one of them. Mails of a sandbox say
    in the subject and the first lines that all data are `synthetic`.
    """
    language = language_of(locale) or DEFAULT
    name = about or ""
    # Names in lines that mail software need not fold.
    of = date.fromisoformat(name) if template in ABOUT_DAYS else fill(name, LINE)
    subject, body = _messages(template, code or "", of)
    text = body.in_language(language)
    if pages is not None and template in PAGES:
        place, lead = PAGES[template]
        text += f"\n{lead.in_language(language)}\n\n{pages}{place}\n"
    title = subject.in_language(language)
    if synthetic:
        title = message("[Sandbox] {subject}", subject=title).in_language(language)
        text = f"{fill(SANDBOX.in_language(language), LINE)}\n\n{text}"
    return MailText(title, text, language)


def _messages(template: MailTemplate, code: str, name: str | date) -> tuple[Message, Message]:
    """The subject and the body of a mail with this code, about this name or day."""
    match template:
        case MailTemplate.VERIFY_EMAIL:
            subject = message("Your code for Cohorte")
            body = message(
                """Hello,

An account is being opened with Cohorte for this address, under the
pseudonym:

{about}

To open it, enter this code within {hours} hours, with the password
that was chosen for this pseudonym:

{code}

If you did not choose this pseudonym, somebody else used your address:
ignore this e-mail, and do not give the code to anyone. Without it, no
account is opened. You can register with this address yourself: each
registration has a code of its own.
""",
                about=name,
                hours=VERIFICATION_HOURS,
                code=code,
            )
        case MailTemplate.ADDRESS_TAKEN:
            subject = message("You have an account at Cohorte")
            body = message(
                """Hello,

Somebody, perhaps you, tried to open an account at Cohorte with this
address. You already have one: sign in with it, or request a new
password if you have forgotten yours.

If this was not you, ignore this e-mail: nobody has learned that you
have an account.
"""
            )
        case MailTemplate.RESET_PASSWORD:
            subject = message("Your code for a new password")
            body = message(
                """Hello,

A new password was requested for your account at Cohorte. To choose it,
enter this code within {minutes} minutes:

{code}

If this was not you, ignore this e-mail: your password stays the same.
""",
                minutes=RESET_MINUTES,
                code=code,
            )
        case MailTemplate.PASSWORD_SET:
            subject = message("Your password was set")
            body = message(
                """Hello,

The first password of your account at Cohorte was set with the code that
was sent to this address. If this was not you, request a new password
immediately.
"""
            )
        case MailTemplate.PASSWORD_CHANGED:
            subject = message("Your password was changed")
            body = message(
                """Hello,

The password of your account at Cohorte was changed, and all of your
devices were signed out. If this was not you, request a new password
immediately.
"""
            )
        case MailTemplate.SECOND_FACTOR_CHANGED:
            subject = message("The second factor of your account was changed")
            body = message(
                """Hello,

A second factor of your account at Cohorte was added or removed. If this
was not you, request a new password immediately, and check your second
factors.
"""
            )
        case MailTemplate.PASSWORD_FIRST_CHANGED:
            subject = message("Your password was changed")
            body = message(
                """Hello,

The password of your account at Cohorte was changed, and all of your
devices were signed out. If this was not you, request a new password
immediately.

As this was the first time, everything else that gave access to the
account's data was ended too, so that nobody who may have used your
address before keeps it: care links and invitations, an organization's
API keys, and sharing with your communities. Set up again whatever you
still want, and check your profile and your consents.
"""
            )
        case MailTemplate.ACCOUNT_DELETED:
            subject = message("Your account was deleted")
            body = message(
                """Hello,

Your account at Cohorte was deleted, with all data that was yours alone.
What you wrote in discussions remains, without your name.
"""
            )
        case MailTemplate.PASSWORD_REPLACED:
            subject = message("Your password was changed")
            body = message(
                """Hello,

The password of your account at Cohorte was changed by somebody who was
signed in and knew the previous one. Your other devices were signed out.
If this was not you, request a new password immediately.
"""
            )
        case MailTemplate.ACCOUNT_SLEEPS:
            subject = message("Your account at Cohorte will be closed")
            body = message(
                """Hello,

Nobody has signed in to your account at Cohorte for a long time. Cohorte
does not keep data that nobody uses any more: the account will be closed
on

{about}

unless you sign in before that day. To keep it, sign in once. You will
get one more e-mail before then. Closing the account deletes all data
that is yours alone. What you wrote in discussions remains, without your
name.
""",
                about=name,
            )
        case MailTemplate.ACCOUNT_SLEEPS_STILL:
            subject = message("Your account at Cohorte will soon be closed")
            body = message(
                """Hello,

As Cohorte has written to you, nobody has signed in to your account for
a long time. The account, with all data that is yours alone, will be
deleted on

{about}

This is the last e-mail before that day. To keep the account, sign in
once.
""",
                about=name,
            )
        case MailTemplate.ACCOUNT_CLOSED:
            subject = message("Your account at Cohorte was closed")
            body = message(
                """Hello,

Nobody has signed in to your account at Cohorte since we wrote to you.
It was closed, and all data that was yours alone was deleted. What you
wrote in discussions remains, without your name. You can register again
at any time.
"""
            )
        case MailTemplate.CONFIRM_EMAIL:
            subject = message("Your code for your new e-mail address")
            body = message(
                """Hello,

This address was given as the new one of an account at Cohorte. To
confirm it, enter this code within {hours} hours, on the device on which you
are signed in:

{code}

If this was not you, ignore this e-mail, and do not give the code to
anyone. Without it, nothing changes.
""",
                code=code,
                hours=VERIFICATION_HOURS,
            )
        case MailTemplate.EMAIL_TAKEN:
            subject = message("You have an account at Cohorte")
            body = message(
                """Hello,

Somebody, perhaps you, tried to give another account at Cohorte this
address. It is the address of your account already: to use it for the
other one, change it here first, or delete this account.

If this was not you, ignore this e-mail: nobody has learned that you
have an account.
"""
            )
        case MailTemplate.EMAIL_CHANGE_REQUESTED:
            subject = message("Another e-mail address was requested")
            body = message(
                """Hello,

Another e-mail address was requested for your account at Cohorte. It will
replace this one once the code that was sent to it is entered.

If this was not you, somebody knows your password: change it immediately.
That also makes the code useless.
"""
            )
        case MailTemplate.EMAIL_CHANGED:
            subject = message("Your e-mail address was changed")
            body = message(
                """Hello,

Your account at Cohorte now has another e-mail address. This e-mail is
the last one to the previous address.

If this was not you, take the account back with this code within
{days} days. You choose a new password with it, and everybody else
is signed out:

{code}

If it was you, ignore the code, and do not give it to anyone.
""",
                code=code,
                days=REVERT_DAYS,
            )
        case MailTemplate.SELF_HARM_FLAG:
            subject = message("A member may be in danger")
            body = message(
                """Hello,

A member has flagged a post at Cohorte because somebody may be at risk of
self-harm. Please sign in and decide on it now: the flag is the first in
the list.
"""
            )
        case MailTemplate.ORGANIZATION_OPENED:
            subject = message("Your organization's account at Cohorte")
            body = message(
                """Hello,

An account was opened at Cohorte with this address, for:

{about}

To sign in, choose a password with this code within {days} days:

{code}

After that, request a new password with this address to receive another
code.
""",
                about=name,
                days=INVITATION_DAYS,
                code=code,
            )
        case MailTemplate.STAFF_OPENED:
            subject = message("Your staff account at Cohorte")
            body = message(
                """Hello,

A staff account was opened at Cohorte with this address, for:

{about}

To sign in, choose a password with this code within {days} days:

{code}

After that, request a new password with this address to receive another
code.
""",
                code=code,
                about=name,
                days=STAFF_DAYS,
            )
        case MailTemplate.INVITATION:
            subject = message("Your invitation to an organization at Cohorte")
            body = message(
                """Hello,

You are invited to use Cohorte as a user of this organization:

{about}

To accept, choose a password with this code within {days} days:

{code}

If you do not know the organization, ignore this e-mail: without the code,
no account is opened.
""",
                about=name,
                days=USER_DAYS,
                code=code,
            )
        case MailTemplate.INVITATION_TAKEN:
            subject = message("You have an account at Cohorte")
            body = message(
                """Hello,

You were invited to use Cohorte as a user of this organization:

{about}

Your address already has an account at Cohorte, and an address has only
one. To accept, ask the organization to invite you at another address.

Nobody has learned that you have an account.
""",
                about=name,
            )
        case MailTemplate.USER_REMOVED:
            subject = message("Your account at Cohorte was closed")
            body = message(
                """Hello,

You are no longer a user of this organization at Cohorte:

{about}

Your account was deleted and all of your devices were signed out. If this
is a mistake, ask an administrator of the organization to invite you
again.
""",
                about=name,
            )
        case MailTemplate.LICENCE_GRANTED:
            subject = message("Your licence was granted")
            body = message(
                """Hello,

Cohorte has granted the licence that your organization requested for
this community:

{about}

Sign in to see its dates and its quota.
""",
                about=name,
            )
        case MailTemplate.LICENCE_REFUSED:
            subject = message("Your licence was refused")
            body = message(
                """Hello,

Cohorte has refused the licence that your organization requested for
this community:

{about}

Sign in to see the reason, if one was given.
""",
                about=name,
            )
        case MailTemplate.INSIGHT_PUBLISHED:
            subject = message("New insights at Cohorte")
            body = message(
                """Hello,

At least one insight that your organization may read was published
today. It is about this community:

{about}

Sign in to read it. You get at most one such e-mail a day, and can turn
these e-mails off.
""",
                about=name,
            )
        case MailTemplate.DATASET_FROZEN:
            subject = message("A new dataset at Cohorte")
            body = message(
                """Hello,

A dataset was frozen, from which your organization can have insights
published. It is about this community:

{about}

Sign in to see its variables. You can turn these e-mails off.
""",
                about=name,
            )
        case MailTemplate.WEBHOOK_DISABLED:
            subject = message("A webhook of your organization was disabled")
            body = message(
                """Hello,

Cohorte has stopped sending events to this webhook of your organization:

{about}

It has failed for {days} days, or answered that it is gone. Once it works,
sign in and resume it. What happens in the meantime is not sent later:
read it from Cohorte.
""",
                about=name,
                days=WEBHOOK_DAYS,
            )
    return subject, body

"""Holds the texts of mails, which locales/ has in the other languages. A code, or a name, has a line to itself."""

from dataclasses import dataclass
from datetime import timedelta
from textwrap import fill

from models.identity.registrations import MailTemplate
from models.languages import DEFAULT, language_of
from models.messages import Message, message
from resolvers.identity.organizations_mutations import INVITATION_LIFETIME
from resolvers.identity.registrations_mutations import RESET_LIFETIME, VERIFICATION_LIFETIME

LINE = 72  # characters
VERIFICATION_HOURS = VERIFICATION_LIFETIME // timedelta(hours=1)
RESET_MINUTES = RESET_LIFETIME // timedelta(minutes=1)
INVITATION_DAYS = INVITATION_LIFETIME.days


@dataclass(frozen=True)
class MailText:
    """The subject and body of a mail."""

    subject: str
    body: str


def mail_text(template: MailTemplate, locale: str, code: str | None, about: str | None = None) -> MailText:
    """The text of a mail, in the language of `locale`, or in English if the server does not speak it.

    `about` is the pseudonym, or the name of the organization or community, that the template refers to, if any.
    """
    language = language_of(locale) or DEFAULT
    # Names in lines that mail software need not fold.
    subject, body = _messages(template, code or "", fill(about or "", LINE))
    return MailText(subject.in_language(language), body.in_language(language))


def _messages(template: MailTemplate, code: str, name: str) -> tuple[Message, Message]:
    """The subject and the body of a mail with this code, about this name."""
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
ignore this mail, and do not give the code to anyone. Without it, no
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

If this was not you, ignore this mail: nobody has learned that you have
an account.
"""
            )
        case MailTemplate.RESET_PASSWORD:
            subject = message("Your code for a new password")
            body = message(
                """Hello,

A new password was requested for your account at Cohorte. To choose it,
enter this code within {minutes} minutes:

{code}

If this was not you, ignore this mail: your password stays the same.
""",
                minutes=RESET_MINUTES,
                code=code,
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
    return subject, body

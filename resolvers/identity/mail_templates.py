"""Holds the texts of mails, in English and French. A code, or a name, has a line to itself."""

from dataclasses import dataclass
from datetime import timedelta
from textwrap import fill

from models.identity.registrations import MailTemplate
from resolvers.identity.organizations_mutations import INVITATION_LIFETIME
from resolvers.identity.registrations_mutations import RESET_LIFETIME, VERIFICATION_LIFETIME
from resolvers.identity.staff_mutations import INVITATION_LIFETIME as STAFF_LIFETIME

LINE = 72  # characters
VERIFICATION_HOURS = VERIFICATION_LIFETIME // timedelta(hours=1)
RESET_MINUTES = RESET_LIFETIME // timedelta(minutes=1)
INVITATION_DAYS = INVITATION_LIFETIME.days
STAFF_DAYS = STAFF_LIFETIME.days


@dataclass(frozen=True)
class MailText:
    """The subject and body of a mail."""

    subject: str
    body: str


def mail_text(template: MailTemplate, locale: str, code: str | None, about: str | None = None) -> MailText:
    """The text of a mail, in French if `locale` is, otherwise in English.

    `about` is the pseudonym, or the name of the organization or community, that the template refers to, if any.
    """
    text = (FRENCH if locale.lower().split("-")[0] in ("fr", "fra", "fre") else ENGLISH)[template]
    # The name is inserted last, because it may contain anything, and in lines that mail software need not fold.
    name = fill(about or "", LINE)
    return MailText(text.subject, text.body.replace("{code}", code or "").replace("{about}", name))


ENGLISH = {
    MailTemplate.VERIFY_EMAIL: MailText(
        "Your code for Cohorte",
        f"""Hello,

An account is being opened with Cohorte for this address, under the
pseudonym:

{{about}}

To open it, enter this code within {VERIFICATION_HOURS} hours, with the password
that was chosen for this pseudonym:

{{code}}

If you did not choose this pseudonym, somebody else used your address:
ignore this mail, and do not give the code to anyone. Without it, no
account is opened. You can register with this address yourself: each registration
has a code of its own.
""",
    ),
    MailTemplate.ADDRESS_TAKEN: MailText(
        "You have an account at Cohorte",
        """Hello,

Somebody, perhaps you, tried to open an account at Cohorte with this
address. You already have one: sign in with it, or request a new
password if you have forgotten yours.

If this was not you, ignore this mail: nobody has learned that you have
an account.
""",
    ),
    MailTemplate.RESET_PASSWORD: MailText(
        "Your code for a new password",
        f"""Hello,

A new password was requested for your account at Cohorte. To choose it,
enter this code within {RESET_MINUTES} minutes:

{{code}}

If this was not you, ignore this mail: your password stays the same.
""",
    ),
    MailTemplate.PASSWORD_CHANGED: MailText(
        "Your password was changed",
        """Hello,

The password of your account at Cohorte was changed, and all of your
devices were signed out. If this was not you, request a new password
immediately.
""",
    ),
    MailTemplate.SECOND_FACTOR_CHANGED: MailText(
        "The second factor of your account was changed",
        """Hello,

A second factor of your account at Cohorte was added or removed. If this
was not you, request a new password immediately, and check your second
factors.
""",
    ),
    MailTemplate.PASSWORD_FIRST_CHANGED: MailText(
        "Your password was changed",
        """Hello,

The password of your account at Cohorte was changed, and all of your
devices were signed out. If this was not you, request a new password
immediately.

As this was the first time, everything else that gave access to the
account's data was ended too, so that nobody who may have used your
address before keeps it: care links and invitations, an organization's
API keys, and sharing with your communities. Set up again whatever you
still want, and check your profile and your consents.
""",
    ),
    MailTemplate.ACCOUNT_DELETED: MailText(
        "Your account was deleted",
        """Hello,

Your account at Cohorte was deleted, with all data that was yours alone.
What you wrote in discussions remains, without your name.
""",
    ),
    MailTemplate.ORGANIZATION_OPENED: MailText(
        "Your organization's account at Cohorte",
        f"""Hello,

An account was opened at Cohorte with this address, for:

{{about}}

To sign in, choose a password with this code within {INVITATION_DAYS} days:

{{code}}

After that, request a new password with this address to receive another
code.
""",
    ),
    MailTemplate.STAFF_OPENED: MailText(
        "Your staff account at Cohorte",
        f"""Hello,

A staff account was opened at Cohorte with this address, for:

{{about}}

To sign in, choose a password with this code within {STAFF_DAYS} days:

{{code}}

After that, request a new password with this address to receive another
code.
""",
    ),
    MailTemplate.LICENCE_GRANTED: MailText(
        "Your licence was granted",
        """Hello,

Cohorte has granted the licence that your organization requested for
this community:

{about}

Sign in to see its dates and its quota.
""",
    ),
    MailTemplate.LICENCE_REFUSED: MailText(
        "Your licence was refused",
        """Hello,

Cohorte has refused the licence that your organization requested for
this community:

{about}

Sign in to see the reason, if one was given.
""",
    ),
}

FRENCH = {
    MailTemplate.VERIFY_EMAIL: MailText(
        "Votre code pour Cohorte",
        f"""Bonjour,

Un compte est en cours d'ouverture sur Cohorte avec cette adresse, sous
le pseudonyme :

{{about}}

Pour l'ouvrir, saisissez ce code dans les {VERIFICATION_HOURS} heures, avec le
mot de passe choisi pour ce pseudonyme :

{{code}}

Si vous n'avez pas choisi ce pseudonyme, quelqu'un d'autre a utilisé
votre adresse : ignorez ce message et ne donnez ce code à personne. Sans
lui, aucun compte n'est ouvert. Vous pouvez vous inscrire vous-même avec
cette adresse : chaque inscription a son propre code.
""",
    ),
    MailTemplate.ADDRESS_TAKEN: MailText(
        "Vous avez un compte sur Cohorte",
        """Bonjour,

Quelqu'un, peut-être vous, a tenté d'ouvrir un compte sur Cohorte avec
cette adresse. Vous en avez déjà un : connectez-vous, ou demandez un
nouveau mot de passe si vous avez oublié le vôtre.

Si vous n'êtes pas à l'origine de cette demande, ignorez ce message :
personne n'a appris que vous avez un compte.
""",
    ),
    MailTemplate.RESET_PASSWORD: MailText(
        "Votre code pour un nouveau mot de passe",
        f"""Bonjour,

Un nouveau mot de passe a été demandé pour votre compte sur Cohorte.
Pour le choisir, saisissez ce code dans les {RESET_MINUTES} minutes :

{{code}}

Si vous n'êtes pas à l'origine de cette demande, ignorez ce message :
votre mot de passe reste inchangé.
""",
    ),
    MailTemplate.PASSWORD_CHANGED: MailText(
        "Votre mot de passe a été modifié",
        """Bonjour,

Le mot de passe de votre compte sur Cohorte a été modifié, et tous vos
appareils ont été déconnectés. Si vous n'êtes pas à l'origine de ce
changement, demandez immédiatement un nouveau mot de passe.
""",
    ),
    MailTemplate.SECOND_FACTOR_CHANGED: MailText(
        "Le second facteur de votre compte a été modifié",
        """Bonjour,

Un second facteur de votre compte sur Cohorte a été ajouté ou supprimé.
Si vous n'êtes pas à l'origine de ce changement, demandez immédiatement
un nouveau mot de passe et vérifiez vos seconds facteurs.
""",
    ),
    MailTemplate.PASSWORD_FIRST_CHANGED: MailText(
        "Votre mot de passe a été modifié",
        """Bonjour,

Le mot de passe de votre compte sur Cohorte a été modifié, et tous vos
appareils ont été déconnectés. Si vous n'êtes pas à l'origine de ce
changement, demandez immédiatement un nouveau mot de passe.

Comme c'était la première fois, tout ce qui donnait accès aux données du
compte a aussi pris fin, pour que personne ayant pu utiliser votre
adresse auparavant ne le conserve : liens d'aidant et invitations, clés
d'API d'une organisation, partage avec vos communautés. Rétablissez ce
que vous souhaitez, et vérifiez votre profil et vos consentements.
""",
    ),
    MailTemplate.ACCOUNT_DELETED: MailText(
        "Votre compte a été supprimé",
        """Bonjour,

Votre compte sur Cohorte a été supprimé, ainsi que toutes les données
qui ne concernaient que vous. Ce que vous avez écrit dans les
discussions reste en ligne, sans votre nom.
""",
    ),
    MailTemplate.ORGANIZATION_OPENED: MailText(
        "Le compte de votre organisation sur Cohorte",
        f"""Bonjour,

Un compte a été ouvert sur Cohorte avec cette adresse, pour :

{{about}}

Pour vous connecter, choisissez un mot de passe avec ce code dans les
{INVITATION_DAYS} jours :

{{code}}

Passé ce délai, demandez un nouveau mot de passe avec cette adresse :
vous recevrez un autre code.
""",
    ),
    MailTemplate.STAFF_OPENED: MailText(
        "Votre compte du personnel sur Cohorte",
        f"""Bonjour,

Un compte du personnel a été ouvert sur Cohorte avec cette adresse,
pour :

{{about}}

Pour vous connecter, choisissez un mot de passe avec ce code dans les
{STAFF_DAYS} jours :

{{code}}

Passé ce délai, demandez un nouveau mot de passe avec cette adresse :
vous recevrez un autre code.
""",
    ),
    MailTemplate.LICENCE_GRANTED: MailText(
        "Votre licence est accordée",
        """Bonjour,

Cohorte a accordé la licence que votre organisation a demandée pour
cette communauté :

{about}

Connectez-vous pour consulter ses dates et son quota.
""",
    ),
    MailTemplate.LICENCE_REFUSED: MailText(
        "Votre licence est refusée",
        """Bonjour,

Cohorte a refusé la licence que votre organisation a demandée pour
cette communauté :

{about}

Connectez-vous pour consulter le motif du refus, s'il a été indiqué.
""",
    ),
}

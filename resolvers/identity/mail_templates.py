"""The only place for the words of mails, in French and in English. A code, or a name, stands alone on its line."""

from dataclasses import dataclass
from textwrap import fill

from models.identity.registrations import MailTemplate

LINE = 72  # characters


@dataclass(frozen=True)
class MailText:
    """A mail's words."""

    subject: str
    body: str


def mail_text(letter: MailTemplate, locale: str, code: str | None, about: str | None = None) -> MailText:
    """The words of `letter` in the language of `locale`: French where it is French, else English.

    `about` is the name of what it is about, where it is about something with a name.
    """
    words = (FRENCH if locale.split("-")[0] == "fr" else ENGLISH)[letter]
    # The name last, which may hold whatever somebody called itself, and in lines that mail need not fold.
    name = fill(about or "", LINE)
    return MailText(words.subject, words.body.replace("{code}", code or "").replace("{about}", name))


ENGLISH = {
    MailTemplate.VERIFY_EMAIL: MailText(
        "Your code for Cohorte",
        """Hello,

an account is being opened at Cohorte with this address. To open it,
enter this code, within a day:

{code}

If it was not you, do nothing: without the code there will be no
account. If several codes came, the last one counts.
""",
    ),
    MailTemplate.ADDRESS_TAKEN: MailText(
        "You have an account at Cohorte",
        """Hello,

somebody, perhaps you, wanted to open an account at Cohorte with this
address. You have one already: sign in with it, or ask for a new
password if you no longer know yours.

If it was not you, do nothing: nobody was told that you have an account.
""",
    ),
    MailTemplate.RESET_PASSWORD: MailText(
        "Your code for a new password",
        """Hello,

a new password was asked for at Cohorte. To choose it, enter this code,
within the hour:

{code}

If it was not you, do nothing: your password stays as it is.
""",
    ),
    MailTemplate.PASSWORD_CHANGED: MailText(
        "Your password was changed",
        """Hello,

the password of your account at Cohorte was changed, and every device
was signed out. If it was not you, ask for a new password at once.
""",
    ),
    MailTemplate.ACCOUNT_DELETED: MailText(
        "Your account was deleted",
        """Hello,

your account at Cohorte and all that was yours alone are deleted. What
you wrote in discussions stays, without your name.
""",
    ),
    MailTemplate.ORGANIZATION_OPENED: MailText(
        "Your organization's account at Cohorte",
        """Hello,

an account was opened at Cohorte with this address, for:

{about}

To sign in, choose a password with this code, within three days:

{code}

Later, ask for a new password with this address: another code will come.
""",
    ),
    MailTemplate.LICENCE_GRANTED: MailText(
        "Your licence was granted",
        """Hello,

the licence that your organization asked for at Cohorte is granted, for
this community:

{about}

Sign in to read from when until when, and how much it lets you ask.
""",
    ),
    MailTemplate.LICENCE_REFUSED: MailText(
        "Your licence was refused",
        """Hello,

the licence that your organization asked for at Cohorte is refused, for
this community:

{about}

Sign in to read why, where the house has said so.
""",
    ),
}

FRENCH = {
    MailTemplate.VERIFY_EMAIL: MailText(
        "Votre code pour Cohorte",
        """Bonjour,

un compte est en cours d'ouverture sur Cohorte avec cette adresse. Pour
l'ouvrir, saisissez ce code, dans la journée :

{code}

Si ce n'était pas vous, ne faites rien : sans ce code, aucun compte
n'est ouvert. Si vous avez reçu plusieurs codes, seul le dernier compte.
""",
    ),
    MailTemplate.ADDRESS_TAKEN: MailText(
        "Vous avez un compte sur Cohorte",
        """Bonjour,

quelqu'un, peut-être vous, a voulu ouvrir un compte sur Cohorte avec
cette adresse. Vous en avez déjà un : connectez-vous, ou demandez un
nouveau mot de passe si vous ne connaissez plus le vôtre.

Si ce n'était pas vous, ne faites rien : personne n'a appris que vous
avez un compte.
""",
    ),
    MailTemplate.RESET_PASSWORD: MailText(
        "Votre code pour un nouveau mot de passe",
        """Bonjour,

un nouveau mot de passe a été demandé sur Cohorte. Pour le choisir,
saisissez ce code, dans l'heure :

{code}

Si ce n'était pas vous, ne faites rien : votre mot de passe reste le
même.
""",
    ),
    MailTemplate.PASSWORD_CHANGED: MailText(
        "Votre mot de passe a été changé",
        """Bonjour,

le mot de passe de votre compte sur Cohorte a été changé, et tous vos
appareils ont été déconnectés. Si ce n'était pas vous, demandez tout de
suite un nouveau mot de passe.
""",
    ),
    MailTemplate.ACCOUNT_DELETED: MailText(
        "Votre compte a été supprimé",
        """Bonjour,

votre compte sur Cohorte et tout ce qui n'était qu'à vous sont
supprimés. Ce que vous avez écrit dans les discussions reste, sans votre
nom.
""",
    ),
    MailTemplate.ORGANIZATION_OPENED: MailText(
        "Le compte de votre organisation sur Cohorte",
        """Bonjour,

un compte a été ouvert sur Cohorte avec cette adresse, pour :

{about}

Pour vous connecter, choisissez un mot de passe avec ce code, dans les
trois jours :

{code}

Plus tard, demandez un nouveau mot de passe avec cette adresse : vous
recevrez un autre code.
""",
    ),
    MailTemplate.LICENCE_GRANTED: MailText(
        "Votre licence est accordée",
        """Bonjour,

la licence que votre organisation a demandée sur Cohorte est accordée,
pour cette communauté :

{about}

Connectez-vous pour lire ses dates, et tout ce qu'elle permet de
demander.
""",
    ),
    MailTemplate.LICENCE_REFUSED: MailText(
        "Votre licence est refusée",
        """Bonjour,

la licence que votre organisation a demandée sur Cohorte est refusée,
pour cette communauté :

{about}

Connectez-vous pour lire pourquoi, si la raison a été donnée.
""",
    ),
}

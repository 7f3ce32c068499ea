"""The only place that reads the environment: Settings, frozen, made once at start-up and handed down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What one request may ask for. Everything but the times is checked before any SQL is written."""

    body_bytes: int = 262_144
    tokens: int = 5_000
    depth: int = 15
    aliases: int = 100
    fragments: int = 50
    page: int = 100  # the largest `first` or `last`
    fields: int = 400  # in one selection: PostgreSQL's rows end at 1,664 columns
    key_bytes: int = 63  # of a response key: PostgreSQL cuts longer names off in silence
    input_list: int = 100
    statement_seconds: float = 5.0
    request_seconds: float = 10.0
    freezing_seconds: float = 60.0  # of the requests that make a dataset of thousands of members' rows
    sign_ins: int = 10  # that fail, of one account, in `tries_minutes`
    sign_ins_from: int = 50  # that fail, from one address: a hospital's whole staff may share one
    mails: int = 5  # that are asked for, to one address of mail
    mails_from: int = 50  # that are asked for, from one address
    tries_minutes: int = 15


@dataclass(frozen=True)
class Settings:
    """What a server process is told: where to listen, where its rows are, how much it gives one request."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0: the system picks a free one
    data: Path = Path(".data")  # where the embedded PostgreSQL keeps its files
    database_url: str | None = field(default=None, repr=False)  # None: the embedded PostgreSQL. It holds a password.
    demo: bool = False  # the demonstration network and its sign-ins
    scale: float = 1.0  # of the demonstration network: 1.0 is 18,000 members
    limits: Limits = Limits()
    pool_size: int = 4  # connections of each view's pool
    mail_url: str | None = field(default=None, repr=False)  # None: mail lands in the data folder. It holds a password.
    mail_from: str = "Cohorte <no-reply@cohorte.invalid>"
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()  # whose X-Forwarded-For is believed
    notice_version: str = "2025-1"  # of the privacy notice in force
    minimum_age: int = 16  # years, reached in the year of registering

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings that the COHORTE_* variables of `environ` say; one that is missing or empty has its default.

        Raises SettingsError on the first value that is not accepted.
        """

        def read(name: str, parse: Callable[[str], T], accepted: str, default: T) -> T:
            text = environ.get(name, "").strip()
            if not text:
                return default
            try:
                return parse(text)
            except ValueError:
                # The cause is left out with the value: a database address holds a password.
                raise SettingsError(name, accepted) from None

        return cls(
            host=read("COHORTE_HOST", host, "a name or an address without a port, such as 127.0.0.1", cls.host),
            port=read("COHORTE_PORT", whole(0, 65_535), "a whole number from 0 to 65535", cls.port),
            data=read("COHORTE_DATA", Path, "a folder", cls.data),
            database_url=read(
                "COHORTE_DATABASE_URL", database_url, "postgresql://USER:PASSWORD@HOST:PORT/DATABASE", cls.database_url
            ),
            demo=read("COHORTE_DEMO", yes_or_no, "0 or 1", cls.demo),
            scale=read("COHORTE_SCALE", scale, "a number above 0 and at most 10, such as 0.05", cls.scale),
            pool_size=read("COHORTE_POOL_SIZE", whole(1, 100), "a whole number from 1 to 100", cls.pool_size),
            mail_url=read("COHORTE_MAIL_URL", mail_url, "smtp://USER:PASSWORD@HOST:PORT, or smtps://...", cls.mail_url),
            mail_from=read("COHORTE_MAIL_FROM", sender, "NAME <ADDRESS> or ADDRESS", cls.mail_from),
            trusted_proxies=read(
                "COHORTE_TRUSTED_PROXIES", networks, "addresses or networks, separated by commas", cls.trusted_proxies
            ),
            notice_version=read("COHORTE_NOTICE_VERSION", version, "up to 30 characters", cls.notice_version),
            minimum_age=read("COHORTE_MINIMUM_AGE", whole(0, 120), "a whole number from 0 to 120", cls.minimum_age),
        )


class SettingsError(ValueError):
    """A variable whose value is not accepted: says which, and what is; never the value."""

    def __init__(self, name: str, accepted: str) -> None:
        super().__init__(f"{name} is not accepted: it takes {accepted}.")
        self.name = name
        self.accepted = accepted


def host(text: str) -> str:
    # A colon is accepted in an IPv6 address alone, which has two at least.
    if "/" in text or text.count(":") == 1 or any(character.isspace() for character in text):
        raise ValueError
    return text


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError
        return number

    return parse


def yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError
    return text == "1"


def scale(text: str) -> float:
    number = float(text)
    if not 0 < number <= 10:  # not-a-number is refused here too
        raise ValueError
    return number


def database_url(text: str) -> str:
    url = urlsplit(text)
    named = bool(url.hostname) or "host" in parse_qs(url.query)
    if url.scheme not in ("postgres", "postgresql") or not named or not url.path.strip("/"):
        raise ValueError
    # One spelling for all: SQLAlchemy does not know the short one.
    return text.replace("postgres://", "postgresql://", 1) if url.scheme == "postgres" else text


def mail_url(text: str) -> str:
    url = urlsplit(text)
    # urlsplit looks at the port only when it is asked for, and raises ValueError then.
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.port == 0 or url.path.strip("/") or url.query:
        raise ValueError
    return text


def sender(text: str) -> str:
    name, address = parseaddr(text)
    if address.count("@") != 1 or not text.isprintable() or not (name or address == text):
        raise ValueError
    return text


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(","))


def version(text: str) -> str:
    if len(text) > 30 or not text.isprintable():
        raise ValueError
    return text

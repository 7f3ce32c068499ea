"""Reads the server's settings from the environment, once, at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "COHORTE_"
NOTICE_CHARACTERS = 30


@dataclass(frozen=True)
class Limits:
    """Limits of one request. All but the times are checked before any SQL is written."""

    body_bytes: int = 262_144
    tokens: int = 5_000
    depth: int = 15
    aliases: int = 100
    fragments: int = 50
    fields: int = 400  # of one selection: a row of PostgreSQL has at most 1,664 columns
    key_bytes: int = 63  # of a response key: PostgreSQL silently truncates longer names
    input_list: int = 100
    # Selections of one caller's documents that are new to the server: planning each takes a millisecond.
    planned_at_once: int = 4_000
    planned_a_second: int = 200
    answer_bytes: int = 5_000_000
    statement_seconds: float = 5.0
    request_seconds: float = 10.0
    freezing_seconds: float = 60.0  # of the requests that freeze a dataset from thousands of members' rows
    export_seconds: float = 60.0  # of reading all data of a member for an export
    sign_ins: int = 10  # failed ones, of one account, in `tries_minutes`
    sign_ins_from: int = 50  # failed ones, from one IP address, which a hospital's whole staff may share
    mails: int = 5  # requested, to one e-mail address
    mails_from: int = 50  # requested, from one IP address
    tries_minutes: int = 15


def hidden(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`check`, with a ValueError that repeats nothing of the value: urlsplit's and ip_network's do."""

    def checked(value: Any) -> Any:
        try:
            return check(value)
        except ValueError:
            raise ValueError("not accepted") from None

    return checked


def host_name(text: str) -> str:
    # A colon is accepted in an IPv6 address alone, which has two at least.
    if "/" in text or text.count(":") == 1 or any(character.isspace() for character in text):
        raise ValueError
    return text


def zero_or_one(value: str | bool) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("0", "1"):
        raise ValueError
    return value == "1"


def postgresql_url(text: str) -> str:
    url = urlsplit(text)
    named = bool(url.hostname) or "host" in parse_qs(url.query)
    if url.scheme not in ("postgres", "postgresql") or not named or not url.path.strip("/"):
        raise ValueError
    # One spelling for all: SQLAlchemy does not know the short one.
    return text.replace("postgres://", "postgresql://", 1) if url.scheme == "postgres" else text


def smtp_url(text: str) -> str:
    url = urlsplit(text)
    # urlsplit parses the port when it is read, and raises ValueError then.
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.port == 0 or url.path.strip("/") or url.query:
        raise ValueError
    return text


def sender(text: str) -> str:
    name, address = parseaddr(text)
    if address.count("@") != 1 or not text.isprintable() or not (name or address == text):
        raise ValueError
    return text


def networks(value: str | tuple[IPv4Network | IPv6Network, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(network(part.strip()) for part in value.split(",")) if isinstance(value, str) else value


def network(text: str) -> IPv4Network | IPv6Network:
    found = ip_network(text)
    mapped = isinstance(found, IPv6Network) and found.network_address.ipv4_mapped
    # As IPv4, which is how a client's address is compared.
    return IPv4Network((mapped, found.prefixlen - 96)) if mapped and found.prefixlen >= 96 else found


def printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return text


def whole(default: int, least: int, most: int) -> Any:
    return Field(default, ge=least, le=most, description=f"a whole number from {least} to {most}")


class Settings(BaseSettings):
    """Settings of a server process; a field's description says which values its COHORTE_* variable accepts.

    The constructor takes values and leaves the environment alone: `from_environment` reads it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        enable_decoding=False,  # no value is JSON
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    host: Annotated[str, AfterValidator(hidden(host_name))] = Field(
        "127.0.0.1", description="a name or an address without a port, such as 127.0.0.1"
    )
    port: int = whole(8000, 0, 65_535)  # 0: the system picks a free one
    data: Path = Field(Path(".data"), description="a folder")  # the embedded PostgreSQL's files, and mail
    # None: the embedded PostgreSQL. The address holds a password.
    database_url: Annotated[str, AfterValidator(hidden(postgresql_url))] | None = Field(
        None, repr=False, description="postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    )
    # The demonstration network and its sign-ins.
    demo: Annotated[bool, BeforeValidator(hidden(zero_or_one))] = Field(False, description="0 or 1")
    # Of the demonstration network: 1.0 is 18,000 members.
    scale: float = Field(
        1.0, gt=0, le=10, allow_inf_nan=False, description="a number above 0 and at most 10, such as 0.05"
    )
    limits: Limits = Limits()
    pool_size: int = whole(4, 1, 100)  # connections of each view's pool
    # The most that one operation may cost, by view: the fields it selects and the nodes it may return.
    cost_public: int = whole(1_000, 1, 1_000_000)
    cost_patient: int = whole(5_000, 1, 1_000_000)
    cost_buyer: int = whole(10_000, 1, 1_000_000)
    cost_manager: int = whole(10_000, 1, 1_000_000)
    # None: mail is written into the data folder. The address holds a password.
    mail_url: Annotated[str, AfterValidator(hidden(smtp_url))] | None = Field(
        None, repr=False, description="smtp://USER:PASSWORD@HOST:PORT, or smtps://..."
    )
    mail_from: Annotated[str, AfterValidator(hidden(sender))] = Field(
        "Cohorte <no-reply@cohorte.invalid>", description="NAME <ADDRESS> or ADDRESS"
    )
    # Proxies whose X-Forwarded-For is believed.
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(hidden(networks))] = Field(
        (), description="addresses or networks, separated by commas"
    )
    # Of the privacy notice in force.
    notice_version: Annotated[str, AfterValidator(hidden(printable))] = Field(
        "2025-1", max_length=NOTICE_CHARACTERS, description=f"up to {NOTICE_CHARACTERS} characters"
    )
    minimum_age: int = whole(16, 0, 120)  # years, reached in the year of registering
    # How many other members' data one member may read in a day, in their first week and afterwards.
    members_read: int = whole(60, 1, 1_000_000)
    members_read_at_first: int = whole(15, 1, 1_000_000)
    # How many communities a member may join: in a day, in their first week, and in all without a moderator's decision.
    joins_a_day: int = whole(2, 1, 1_000)
    joins_at_first: int = whole(5, 1, 1_000)
    joins: int = whole(20, 1, 1_000)
    # How long members see who read their data.
    data_reads_days: int = whole(1_095, 365, 3_650)

    def most_cost(self, view: str) -> int:
        """The most that one operation of a view may cost; `view` is its name."""
        limit: int = getattr(self, f"cost_{view}")
        return limit

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of the COHORTE_* variables of `environ`; one that is missing or blank has its default.

        Raises SettingsError with every variable whose value is not accepted.
        """
        source = EnvSettingsSource(cls)
        # A field without a description has no variable.
        names = {variable(name) for name, field in cls.model_fields.items() if field.description}
        source.env_vars = {
            name.lower(): text.strip() for name, text in environ.items() if name in names and text.strip()
        }
        try:
            return cls(**source())
        except ValidationError as error:
            fields = [str(each["loc"][0]) for each in error.errors(include_input=False, include_context=False)]
            faults = {variable(name): str(cls.model_fields[name].description) for name in fields}
        # Outside of `except`: the error's cause and context would repeat the value, such as a password.
        raise SettingsError(faults)


def variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


class SettingsError(ValueError):
    """Variables whose values are not accepted: `faults` maps each to what it accepts. No value is repeated."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{name} is not valid: expected {accepted}." for name, accepted in faults.items()))
        self.faults = dict(faults)

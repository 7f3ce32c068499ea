"""Reads the server's settings from the environment, once, at start-up."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from resolvers.rates import Rates, rates_of

PREFIX = "COHORTE_"
FILE = "_FILE"  # COHORTE_X_FILE names the file that has the value of COHORTE_X, a secret
OTHERS = {"COHORTE_API_KEY", "COHORTE_URL"}  # of clients
RESEMBLING = 0.85  # difflib's ratio, from which a name is taken for a misspelt one
KEY_CHARACTERS = 32  # at least, of a key


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
    input_values: int = 32_000  # of all variables; a survey that fits into a request has fewer
    # Selections of one caller's documents that are new to the server: planning each takes a millisecond.
    planned_at_once: int = 4_000
    planned_a_second: int = 200
    answer_bytes: int = 5_000_000
    statement_seconds: float = 5.0
    # Of a statement that waits for a lock. Longer than PostgreSQL's deadlock_timeout of 1 s: of two transactions that
    # wait for each other, it ends one first, and the other goes on.
    lock_seconds: float = 1.5
    request_seconds: float = 10.0
    freezing_seconds: float = 60.0  # of requests that count thousands of members' rows
    export_seconds: float = 60.0  # of reading all data of a member for an export
    sign_ins: int = 10  # failed ones, of one account from one IP address, in `tries_minutes`
    sign_ins_to: int = 50  # failed ones, of one account from all addresses
    proofs: int = 10  # failed ones, by a second factor of one account: a code has six digits only
    sign_ins_from: int = 50  # failed ones, from one IP address, which a hospital's whole staff may share
    mails: int = 5  # requested, to one e-mail address from one IP address
    mails_to: int = 20  # requested, to one e-mail address
    mails_from: int = 50  # requested, from one IP address
    tries_minutes: int = 15
    # Of a connection. A client that does not keep to them is disconnected.
    head_bytes: int = 32_768  # of a request's header section
    head_seconds: float = 10.0  # in which that arrives, from its first byte or from the connection's begin
    # Longer than load balancers (60 s by default) and HTTP clients (5 s in httpx) keep an idle connection, so that they
    # close it first: a request that is sent at the moment the server closes its connection is lost.
    idle_seconds: float = 75.0
    unread_seconds: float = 60.0  # without reading anything of a response
    # Of what waits for all clients: half of it in connections, and half as answers of WebSockets and event streams. One
    # address, and one caller, have at most half of either.
    unread_bytes: int = 200_000_000
    streams: int = 20  # WebSockets and event streams that one caller may have open


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
    # Several hosts have a port each, and urlsplit parses a port when it is read: ValueError.
    places = [urlsplit(f"//{place}") for place in url.netloc.rpartition("@")[2].split(",")]
    named = all(place.hostname and place.port != 0 for place in places) or "host" in parse_qs(url.query)
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


def party(text: str) -> str:
    name, _ = parseaddr(sender(text))
    if not name:
        raise ValueError
    return text


def line(text: str) -> str:
    if not text.isprintable() or len(text) > LINE_CHARACTERS:
        raise ValueError
    return text


def legislation(value: str | tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value
    if not all(IRI.fullmatch(each) for each in found):
        raise ValueError
    return found


def networks(value: str | tuple[IPv4Network | IPv6Network, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(network(part.strip()) for part in value.split(",")) if isinstance(value, str) else value


def network(text: str) -> IPv4Network | IPv6Network:
    found = ip_network(text)
    mapped = isinstance(found, IPv6Network) and found.network_address.ipv4_mapped
    # As IPv4, which is how a client's address is compared.
    return IPv4Network((mapped, found.prefixlen - 96)) if mapped and found.prefixlen >= 96 else found


def key(text: str) -> str:
    if len(text) < KEY_CHARACTERS or not text.isprintable():
        raise ValueError
    return text


def exact_origins(value: str | frozenset[str]) -> frozenset[str]:
    return frozenset(origin(part.strip()) for part in value.split(",")) if isinstance(value, str) else value


def origin(text: str) -> str:
    """An origin as browsers write it: lower case, no default port, no path. Raises ValueError for anything else."""
    url = urlsplit(text.lower())
    port = url.port  # which is parsed when it is read
    if url.scheme not in DEFAULT_PORTS or not HOST.fullmatch(url.hostname or "") or url.username is not None:
        raise ValueError
    if url.path not in ("", "/") or url.query or url.fragment or text.endswith(("?", "#")):
        raise ValueError
    host = f"[{url.hostname}]" if ":" in str(url.hostname) else url.hostname
    return f"{url.scheme}://{host}" + ("" if port in (None, DEFAULT_PORTS[url.scheme]) else f":{port}")


def domain_name(text: str) -> str:
    """A domain name in ASCII; an address is none. Raises ValueError for anything else."""
    if not DOMAIN.fullmatch(text):
        raise ValueError
    return text


def begin_of_roles(text: str) -> str:
    """The begin of a role's name that needs no quotes. Raises ValueError for anything else."""
    if not ROLE_PREFIX.fullmatch(text) or text.startswith("pg_"):
        raise ValueError
    return text


def allowances(value: str | frozenset[str]) -> frozenset[str]:
    return frozenset(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def mutation_rates(value: str | Rates) -> Rates:
    return rates_of(value) if isinstance(value, str) else value


def addresses(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(head_place, value.split())) if isinstance(value, str) else value


def postgresql_urls(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(postgresql_url, value.split())) if isinstance(value, str) else value


def head_place(text: str) -> str:
    """An address at which the ledger's head can be stored. Raises ValueError for anything else."""
    url = urlsplit(text)
    if url.scheme not in DEFAULT_PORTS:
        return postgresql_url(text)
    if not url.hostname or url.port == 0 or url.fragment:
        raise ValueError
    return text


Allowance: TypeAlias = Literal["address", "members"]
ALLOWANCES = "address, members or both, separated by a comma"
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z][a-z0-9-]*[a-z0-9]")
LOCALHOST = "localhost"
ROLE_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,39}")
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # of an origin, in ASCII
DEFAULT_PORTS = {"http": 80, "https": 443}
LINE_CHARACTERS = 1_000
IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
PARTY = "NAME <ADDRESS>"
HEALTH_DATA_SPACE, DATA_PROTECTION = (f"http://data.europa.eu/eli/reg/{each}/oj" for each in ("2025/327", "2016/679"))
Profile: TypeAlias = Literal["open", "trusted", "trusted+graphiql"]
PROFILES = "open, trusted or trusted+graphiql"
KEY = f"at least {KEY_CHARACTERS} characters, drawn at random"


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
    # Standbys of that database, from which queries are read. The addresses need neither a user nor a password.
    read_url: Annotated[tuple[str, ...], BeforeValidator(hidden(postgresql_urls))] = Field(
        (), repr=False, description="addresses separated by spaces: postgresql://HOST:PORT/DATABASE of each standby"
    )
    # How far a standby may be behind and be read from.
    read_lag_seconds: int = whole(5, 1, 60)
    # For how long standbys are read from while the primary does not answer.
    read_outage_seconds: int = whole(60, 0, 600)
    # Whether to migrate the database first, as its owner. If not, `database_url` needs neither a user nor a password.
    migrate: Annotated[bool, BeforeValidator(hidden(zero_or_one))] = Field(True, description="0 or 1")
    # From which the passwords of the server's roles are derived. None: from the owner's password.
    role_key: Annotated[str, AfterValidator(hidden(key))] | None = Field(None, repr=False, description=KEY)
    # With which the names of the server's roles begin. Two installations in one cluster need different ones.
    role_prefix: Annotated[str, BeforeValidator(hidden(begin_of_roles))] = Field(
        "cohorte", description="at most 40 lower-case letters, digits and _, with a letter first, and not pg_"
    )
    # Where the public ledger's head is stored, besides the data folder. The addresses may hold passwords.
    ledger_heads: Annotated[tuple[str, ...], BeforeValidator(hidden(addresses))] = Field(
        (), repr=False, description="addresses separated by spaces: postgresql://... of another database, https://..."
    )
    # In how many places it has to be stored at least, the data folder included. With fewer, the server does not start.
    ledger_places: int = whole(1, 1, 10)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="debug, info, warning or error"
    )
    log_format: Literal["text", "json"] = Field("text", description="text or json")
    # Of the digests that stand for callers in the log. None: one that is drawn at each start.
    log_key: Annotated[str, AfterValidator(hidden(key))] | None = Field(None, repr=False, description=KEY)
    metrics_host: Annotated[str, AfterValidator(hidden(host_name))] = Field(
        "127.0.0.1", description="a name or an address without a port, such as 127.0.0.1"
    )
    # None: metrics are not collected.
    metrics_port: int | None = Field(None, ge=1, le=65_535, description="a whole number from 1 to 65535")
    # The demonstration network and its sign-ins.
    demo: Annotated[bool, BeforeValidator(hidden(zero_or_one))] = Field(False, description="0 or 1")
    # Of the demonstration network: 1.0 is 18,000 members.
    scale: float = Field(
        1.0, gt=0, le=10, allow_inf_nan=False, description="a number above 0 and at most 10, such as 0.05"
    )
    # What the demonstration, whose passwords are public, may be opened on all the same: an address other than loopback,
    # and a database that holds members of its own.
    demo_allow: Annotated[frozenset[Allowance], BeforeValidator(hidden(allowances))] = Field(
        frozenset(), description=ALLOWANCES
    )
    limits: Limits = Limits()
    workers: int = whole(1, 1, 64)  # processes that serve
    pool_size: int = whole(4, 1, 100)  # connections of each view's pool in each process
    kept_megabytes: int = whole(16, 0, 10_000)  # of answers that each process keeps in memory; 0: it keeps none
    connections: int = whole(10_000, 20, 1_000_000)  # of all clients, if the process may have so many descriptors
    connections_from: int = whole(200, 1, 1_000_000)  # of one IP address, or of one /64 network of IPv6
    # Of one caller and process, of any kind: an account, an organization, or an address of callers without a token.
    requests_at_once: int = whole(1_000, 1, 1_000_000)
    requests_a_second: int = whole(200, 1, 1_000_000)
    # The most that one operation may cost, by view: the fields it selects and the nodes it may return.
    cost_public: int = whole(1_000, 1, 1_000_000)
    cost_patient: int = whole(5_000, 1, 1_000_000)
    cost_buyer: int = whole(10_000, 1, 1_000_000)
    cost_manager: int = whole(10_000, 1, 1_000_000)
    # How often mutations of each kind may be sent, where they differ from the defaults.
    rates: Annotated[Rates, BeforeValidator(hidden(mutation_rates))] = Field(
        Rates(), description="kinds with their rates by caller and by address in seconds, such as posts=30/300/600"
    )
    # Manifests of trusted documents: VIEW/CLIENT.json. None: there are none.
    manifests: Path | None = Field(None, description="a folder with a folder of manifests for each view")
    # Whether to serve the pages for browsers, if they are built.
    web: Annotated[bool, BeforeValidator(hidden(zero_or_one))] = Field(True, description="0 or 1")
    # Which documents a view accepts: see docs/trusted-documents.md. Nobody who uses the public view has signed in, so
    # there is nobody to explore it alone.
    documents_public: Literal["open", "trusted"] = Field("open", description="open or trusted")
    documents_patient: Profile = Field("open", description=PROFILES)
    documents_buyer: Profile = Field("open", description=PROFILES)
    documents_manager: Profile = Field("open", description=PROFILES)
    # For which caches may store responses of the public view to trusted documents that are requested by GET.
    cache_seconds: int = whole(0, 0, 86_400)
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
    # Whose pages may send requests from a browser and read the answers, besides the server's own.
    origins: Annotated[frozenset[str], BeforeValidator(hidden(exact_origins))] = Field(
        frozenset(), description="origins such as https://app.example, separated by commas"
    )
    # The server's own origin, which the identifiers of the public catalogue begin with. None: host and port.
    public_url: Annotated[str, AfterValidator(hidden(origin))] | None = Field(
        None, description="an origin such as https://cohorte.example"
    )
    # What the public catalogue says of its datasets. None: it does not say it.
    catalogue_publisher: Annotated[str, AfterValidator(hidden(party))] | None = Field(None, description=PARTY)
    catalogue_publisher_type: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")] | None = Field(
        None, description="a code of HealthDCAT-AP's publisher types, such as non-gov-org"
    )
    catalogue_access_body: Annotated[str, AfterValidator(hidden(party))] | None = Field(None, description=PARTY)
    catalogue_legal_basis: Annotated[str, AfterValidator(hidden(line))] | None = Field(
        None, description=f"a line of at most {LINE_CHARACTERS:,} characters"
    )
    catalogue_legislation: Annotated[tuple[str, ...], BeforeValidator(hidden(legislation))] = Field(
        (HEALTH_DATA_SPACE, DATA_PROTECTION), description="addresses that begin with http, separated by commas"
    )
    # Of the secrets of authenticator apps, which are encrypted with it. None: they are stored as they are.
    second_factor_key: Annotated[str, AfterValidator(hidden(key))] | None = Field(None, repr=False, description=KEY)
    # To which passkeys belong: the server's own domain, or one above it that its pages share.
    passkey_domain: Annotated[str, BeforeValidator(hidden(domain_name))] = Field(
        LOCALHOST, description="a domain in lower case, such as cohorte.example"
    )
    # For development over plain HTTP: a session cookie without `Secure`, which some browsers need even on loopback.
    plain_cookie: Annotated[bool, BeforeValidator(hidden(zero_or_one))] = Field(False, description="0 or 1")
    minimum_age: int = whole(16, 0, 120)  # years, reached in the year of registering
    # How many other members' data one member may read in a day, in their first week and afterwards.
    members_read: int = whole(60, 1, 1_000_000)
    members_read_at_first: int = whole(15, 1, 1_000_000)
    # How many communities a member may join: in a day, in their first week, and in all without a moderator's decision.
    joins_a_day: int = whole(2, 1, 1_000)
    joins_at_first: int = whole(5, 1, 1_000)
    joins: int = whole(20, 1, 1_000)
    # The accounts of members that sleep: after so many months without a sign-in their owner is written to, and so many
    # days later the account is closed.
    sleep_months: int = whole(24, 6, 120)
    sleep_notice_days: int = whole(30, 14, 365)
    # How long members see who read their data.
    data_reads_days: int = whole(1_095, 365, 3_650)

    @classmethod
    def secrets(cls) -> list[str]:
        """The fields that hold a password or a key."""
        return [name for name, field in cls.model_fields.items() if not field.repr]

    @property
    def base(self) -> str:
        """The origin of the server's addresses, as others are given them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    def most_cost(self, view: str) -> int:
        """The most that one operation of a view may cost; `view` is its name."""
        limit: int = getattr(self, f"cost_{view}")
        return limit

    def documents(self, view: str) -> Profile:
        """Which documents a view accepts; `view` is its name."""
        profile: Profile = getattr(self, f"documents_{view}")
        return profile

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

        A secret, COHORTE_X, may be in the file that COHORTE_X_FILE names. Raises SettingsError with every variable
        whose value is not accepted.
        """
        environ, faults = with_secrets(environ, [variable(name) for name in cls.secrets()])
        source = EnvSettingsSource(cls)
        # A field without a description has no variable.
        names = {variable(name) for name, field in cls.model_fields.items() if field.description}
        source.env_vars = {
            name.lower(): text.strip() for name, text in environ.items() if name in names and text.strip()
        }
        try:
            settings = cls(**source())
        except ValidationError as error:
            fields = [str(each["loc"][0]) for each in error.errors(include_input=False, include_context=False)]
            faults |= {variable(name): str(cls.model_fields[name].description) for name in fields}
        else:
            if not faults:
                return settings
        # Outside of `except`: the error's cause and context would repeat the value, such as a password.
        raise SettingsError(faults)


def with_secrets(environ: Mapping[str, str], names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """`environ` with the secrets that it names files for, and what is expected of each such variable at fault."""
    found, faults = dict(environ), {}
    for name in names:
        file = environ.get(f"{name}{FILE}", "").strip()
        if not file:
            continue
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            text = ""
        if not text or environ.get(name, "").strip():
            faults[f"{name}{FILE}"] = f"a file of text that can be read, and no {name} beside it"
        else:
            found[name] = text
    return found, faults


def variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def unknown(environ: Mapping[str, str]) -> dict[str, str | None]:
    """The names in `environ` that look like settings and are none, each with the variable that it resembles, if any."""
    accepted = {variable(name) for name, field in Settings.model_fields.items() if field.description}
    accepted |= {f"{variable(name)}{FILE}" for name in Settings.secrets()}
    return {
        name: next(iter(get_close_matches(name, accepted, 1, RESEMBLING)), None)
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in accepted | OTHERS
    }


class SettingsError(ValueError):
    """Variables whose values are not accepted: `faults` maps each to what it accepts. No value is repeated."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{name} is not valid: expected {accepted}." for name, accepted in faults.items()))
        self.faults = dict(faults)

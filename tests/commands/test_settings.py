"""Settings from the environment: defaults, accepted values, and errors that repeat no value."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from resolvers.rates import Rate, Rates
from settings import Limits, Settings, SettingsError, unknown


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings(
        host="127.0.0.1",
        port=8000,
        data=Path(".data"),
        database_url=None,
        demo=False,
        scale=1.0,
        limits=Limits(),
        pool_size=4,
        connections=10_000,
        connections_from=200,
        mail_url=None,
        mail_from="Cohorte <no-reply@cohorte.invalid>",
        trusted_proxies=(),
        minimum_age=16,
        sleep_months=24,
        sleep_notice_days=30,
        members_read=60,
        members_read_at_first=15,
        joins_a_day=2,
        joins_at_first=5,
        joins=20,
        data_reads_days=1095,
    )


def test_an_empty_variable_counts_as_unset() -> None:
    names: tuple[str, ...] = ("HOST", "PORT", "DATA", "DATABASE_URL", "DEMO", "SCALE", "POOL_SIZE", "CONNECTIONS")
    names += ("MAIL_URL", "MAIL_FROM", "TRUSTED_PROXIES", "MINIMUM_AGE", "MEMBERS_READ", "JOINS")
    names += ("SLEEP_MONTHS", "SLEEP_NOTICE_DAYS")
    names += ("RATES",)
    assert Settings.from_environment({f"COHORTE_{name}": "  " for name in names}) == Settings()


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "COHORTE_HOST": "::1",
            "COHORTE_PORT": "9001",
            "COHORTE_DATA": "/srv/a folder",
            "COHORTE_DATABASE_URL": "postgres://me:secret@db.example:5433/cohorte",
            "COHORTE_DEMO": "1",
            "COHORTE_SCALE": "0.05",
            "COHORTE_POOL_SIZE": "9",
            "COHORTE_CONNECTIONS": "900",
            "COHORTE_CONNECTIONS_FROM": "90",
            "COHORTE_RATES": "posts=1/2/3",
            "COHORTE_MAIL_URL": "smtps://me:secret@mail.example:4650",
            "COHORTE_MAIL_FROM": "The house <house@cohorte.example>",
            "COHORTE_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "COHORTE_SLEEP_MONTHS": "36",
            "COHORTE_SLEEP_NOTICE_DAYS": "60",
            "COHORTE_MINIMUM_AGE": "18",
            "COHORTE_MEMBERS_READ": "61",
            "COHORTE_MEMBERS_READ_AT_FIRST": "16",
            "COHORTE_JOINS_A_DAY": "3",
            "COHORTE_JOINS_AT_FIRST": "6",
            "COHORTE_JOINS": "21",
            "COHORTE_MANIFESTS": "/srv/a folder/manifests",
            "COHORTE_DOCUMENTS_PUBLIC": "trusted",
            "COHORTE_DOCUMENTS_PATIENT": "trusted",
            "COHORTE_DOCUMENTS_BUYER": "trusted+graphiql",
            "COHORTE_DOCUMENTS_MANAGER": "open",
            "COHORTE_CACHE_SECONDS": "60",
            "COHORTE_DATA_READS_DAYS": "400",
            "COHORTE_SECOND_FACTOR_KEY": "s" * 32,
            "COHORTE_PASSKEY_DOMAIN": "cohorte.example",
            "COHORTE_PUBLIC_URL": "https://Cohorte.example/",
            "COHORTE_CATALOGUE_PUBLISHER": "Cohorte <data@cohorte.example>",
            "COHORTE_CATALOGUE_PUBLISHER_TYPE": "non-gov-org",
            "COHORTE_CATALOGUE_ACCESS_BODY": "Access body <access@hdab.example>",
            "COHORTE_CATALOGUE_LEGAL_BASIS": "Consent",
            "COHORTE_CATALOGUE_LEGISLATION": "http://data.europa.eu/eli/reg/2025/327/oj, https://law.example/1",
            "PORT": "1",
        }
    )
    assert settings == Settings(
        host="::1",
        port=9001,
        data=Path("/srv/a folder"),
        database_url="postgresql://me:secret@db.example:5433/cohorte",
        demo=True,
        scale=0.05,
        pool_size=9,
        connections=900,
        connections_from=90,
        rates=Rates(posts=Rate(1, 2, 3)),
        mail_url="smtps://me:secret@mail.example:4650",
        mail_from="The house <house@cohorte.example>",
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1/128")),
        minimum_age=18,
        sleep_months=36,
        sleep_notice_days=60,
        members_read=61,
        members_read_at_first=16,
        joins_a_day=3,
        joins_at_first=6,
        joins=21,
        manifests=Path("/srv/a folder/manifests"),
        documents_public="trusted",
        documents_patient="trusted",
        documents_buyer="trusted+graphiql",
        cache_seconds=60,
        data_reads_days=400,
        second_factor_key="s" * 32,
        passkey_domain="cohorte.example",
        public_url="https://cohorte.example",
        catalogue_publisher="Cohorte <data@cohorte.example>",
        catalogue_publisher_type="non-gov-org",
        catalogue_access_body="Access body <access@hdab.example>",
        catalogue_legal_basis="Consent",
        catalogue_legislation=("http://data.europa.eu/eli/reg/2025/327/oj", "https://law.example/1"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COHORTE_HOST", "localhost:8000"),
        ("COHORTE_HOST", "http://localhost"),
        ("COHORTE_PORT", "eighty"),
        ("COHORTE_PORT", "65536"),
        ("COHORTE_PORT", "-1"),
        ("COHORTE_DATABASE_URL", "mysql://me:secret@db.example/cohorte"),
        ("COHORTE_DATABASE_URL", "postgresql://me:secret@db.example"),
        ("COHORTE_DATABASE_URL", "postgresql://me:secret@/cohorte"),
        ("COHORTE_DATABASE_URL", "postgresql://me:secret@[broken/cohorte"),
        ("COHORTE_DEMO", "yes"),
        ("COHORTE_SCALE", "0"),
        ("COHORTE_SCALE", "nan"),
        ("COHORTE_SCALE", "inf"),
        ("COHORTE_SCALE", "full"),
        ("COHORTE_POOL_SIZE", "0"),
        ("COHORTE_CONNECTIONS", "19"),
        ("COHORTE_CONNECTIONS", "unlimited"),
        ("COHORTE_CONNECTIONS_FROM", "0"),
        ("COHORTE_MAIL_URL", "http://me:secret@mail.example"),
        ("COHORTE_MAIL_URL", "smtp://me:secret@"),
        ("COHORTE_MAIL_URL", "smtp://me:secret@mail.example:eighty"),
        ("COHORTE_MAIL_URL", "smtp://me:secret@mail.example/secret"),
        ("COHORTE_MAIL_FROM", "nobody"),
        ("COHORTE_MAIL_FROM", "a@b@c"),
        ("COHORTE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("COHORTE_TRUSTED_PROXIES", "proxy.example"),
        ("COHORTE_MINIMUM_AGE", "121"),
        ("COHORTE_SLEEP_MONTHS", "5"),
        ("COHORTE_SLEEP_NOTICE_DAYS", "13"),
        ("COHORTE_DOCUMENTS_PUBLIC", "trusted+graphiql"),
        ("COHORTE_DOCUMENTS_PUBLIC", "closed"),
        ("COHORTE_DOCUMENTS_PATIENT", "Trusted"),
        ("COHORTE_DOCUMENTS_BUYER", "1"),
        ("COHORTE_DOCUMENTS_MANAGER", "graphiql"),
        ("COHORTE_CACHE_SECONDS", "-1"),
        ("COHORTE_CACHE_SECONDS", "86401"),
        ("COHORTE_PUBLIC_URL", "https://cohorte.example/secret"),
        ("COHORTE_PUBLIC_URL", "cohorte.example"),
        ("COHORTE_CATALOGUE_PUBLISHER", "secret@cohorte.example"),
        ("COHORTE_CATALOGUE_PUBLISHER", "Cohorte"),
        ("COHORTE_CATALOGUE_PUBLISHER_TYPE", "Non gov"),
        ("COHORTE_CATALOGUE_ACCESS_BODY", "<access@hdab.example>"),
        ("COHORTE_CATALOGUE_LEGAL_BASIS", "s" * 1_001),
        ("COHORTE_CATALOGUE_LEGISLATION", "http://law.example/1, secret law"),
        ("COHORTE_CATALOGUE_LEGISLATION", "http://law.example/<1>"),
    ],
)
def test_an_invalid_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: value})
    assert list(caught.value.faults) == [name]
    assert str(caught.value) == f"{name} is not valid: expected {caught.value.faults[name]}."
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_all_invalid_variables_are_named_together() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"COHORTE_PORT": "eighty", "COHORTE_DEMO": "yes", "COHORTE_DATABASE_URL": "secret"})
    assert str(caught.value).splitlines() == [
        "COHORTE_PORT is not valid: expected a whole number from 0 to 65535.",
        "COHORTE_DATABASE_URL is not valid: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
        "COHORTE_DEMO is not valid: expected 0 or 1.",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("database_url", "postgresql://me:secret@db.example"),
        ("database_url", "postgresql://me:secret@[secret/cohorte"),
        ("mail_url", "smtp://me:secret@mail.example:secret"),
        ("trusted_proxies", "secret"),
    ],
)
def test_an_invalid_value_given_in_code_is_not_repeated_either(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({field: value})
    assert "secret" not in str(caught.value)


def test_the_environment_is_read_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHORTE_PORT", "9001")
    assert Settings().port == 8000
    assert Settings.from_environment({"COHORTE_LIMITS": "{}", "cohorte_port": "9002"}) == Settings()


def test_a_socket_folder_can_name_the_host() -> None:
    url = "postgresql://me:secret@/cohorte?host=%2Frun%2Fpostgresql"
    assert Settings.from_environment({"COHORTE_DATABASE_URL": url}).database_url == url


def test_settings_are_printed_without_the_password() -> None:
    assert "secret" not in repr(Settings(database_url="postgresql://me:secret@db.example/cohorte"))
    assert "secret" not in repr(Settings(mail_url="smtp://me:secret@mail.example"))


def test_settings_are_immutable() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    assert settings.port == 8000


def test_a_variable_that_is_no_setting_is_found_with_the_one_that_it_resembles() -> None:
    environ = {
        "COHORTE_WORKER": "2", "COHORTE_ROLE_KEY_FILE": "key", "COHORTE_PORT_FILE": "port", "COHORTE_COLOUR": "blue",
        "COHORTE_PORT": "1", "COHORTE_API_KEY": "key", "PATH": "",
    }  # fmt: skip
    assert unknown(environ) == {
        "COHORTE_WORKER": "COHORTE_WORKERS", "COHORTE_COLOUR": None, "COHORTE_PORT_FILE": None,
    }  # fmt: skip

"""Rules of webhooks: which addresses are accepted, what is signed, and when it is sent again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.identity.webhooks import OrganizationEvent
from resolvers import public_hosts
from resolvers.identity import webhooks_rules as rules
from resolvers.identity.webhooks_rules import WebhookMessage
from resolvers.public_hosts import Place, addresses_of, is_public, place_of

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0",
    "223.255.255.255", "168.63.129.15", "168.63.129.17", "2001:200::", "2001:4860:4860::8888",
    "2606:4700::1111", "2a00:1450:4007:80e::200e", "2003::", "2620:4f:8001::", "3fff:1000::",
]  # fmt: skip
CLOSED = [
    "0.0.0.0", "0.1.2.3", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200",
    "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
    "169.254.170.2", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.170",
    "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::2", "::127.0.0.1",
    "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8",
    "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::a00:1",
    "100::", "100:0:0:1::1", "1fff:ffff::", "2001::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1",
    "2002:7f00:1::1", "2002:a00:1::", "2002:808:808::1", "2002:a9fe:a9fe::", "2620:4f:8000::1", "3fff::1",
    "3fff:fff::1", "4000::", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12:3456:789a::1", "fdff::", "fe80::1",
    "fe80::a9fe:a9fe", "fe80::1%eth0", "2606:4700::1%1", "febf::", "fec0::1", "ff01::1", "ff02::1", "ff05::2",
    "ff0e::1", "ff00::", "ffff::", "2606:4700::5efe:7f00:1", "2606:4700::5efe:a00:1",
    "2a00::200:5efe:a9fe:a9fe",
]  # fmt: skip
UNREADABLE = ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1/32", "1.1.1.1 ", "::1%"]

ACCEPTED = {
    "https://hooks.laboratory.example": ("hooks.laboratory.example", 443, "/"),
    "https://hooks.laboratory.example/": ("hooks.laboratory.example", 443, "/"),
    "https://hooks.laboratory.example/a/b?c=d&e=%20": ("hooks.laboratory.example", 443, "/a/b?c=d&e=%20"),
    "https://hooks.laboratory.example?c=d": ("hooks.laboratory.example", 443, "/?c=d"),
    "https://hooks.laboratory.example:443/a": ("hooks.laboratory.example", 443, "/a"),
    "https://hooks.laboratory.example:8443/a": ("hooks.laboratory.example", 8443, "/a"),
    "https://xn--bcher-kva.example/a": ("xn--bcher-kva.example", 443, "/a"),
    "https://1.example/a@b:c": ("1.example", 443, "/a@b:c"),
    "https://localhost.example/": ("localhost.example", 443, "/"),
}
REFUSED = [
    "", " ", "https://", "https:///a", "https:hooks.example", "https:/hooks.example/", "//hooks.example/",
    "hooks.example", "http://hooks.example/", "HTTPS://hooks.example/", "Https://hooks.example/", "ftp://hooks.example/",
    "file:///etc/passwd", "gopher://hooks.example/", "javascript:alert(1)", "data:text/plain,a",
    " https://hooks.example/", "https://hooks.example/ ", "https://hooks.example/a b", "https://hooks.example/\r\nX: y",
    "https://hooks.example/\n", "https://hooks.example/\x00", "https://hooks\t.example/", "https://hooks.example\\@evil/",
    "https://hooks.example/\\evil", "https://hooks.example/é", "https://bücher.example/", "https://hooks。example/",
    "https://user@hooks.example/", "https://user:pass@hooks.example/", "https://@hooks.example/", "https://:@hooks.example/",
    "https://hooks.example@127.0.0.1/", "https://hooks.example/#a", "https://hooks.example#@evil.example/",
    "https://hooks.example:80/", "https://hooks.example:22/", "https://hooks.example:8080/", "https://hooks.example:5432/",
    "https://hooks.example:0/", "https://hooks.example:0443/", "https://hooks.example:+443/", "https://hooks.example:/",
    "https://hooks.example:65979/", "https://hooks.example:4 43/", "https://hooks.example:٤٤٣/",
    "https://localhost/", "https://localhost:8443/", "https://app.localhost/", "https://printer.local/",
    "https://db.internal/", "https://metadata.google.internal/", "https://router.lan/", "https://nas.home.arpa/",
    "https://a.onion/", "https://intranet/", "https://hooks/", "https://hooks.example./", "https://.hooks.example/",
    "https://hooks..example/", "https://-hooks.example/", "https://hooks-.example/", "https://hooks_a.example/",
    "https://HOOKS.example/", "https://127.0.0.1/", "https://8.8.8.8/", "https://127.1/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.0.0.1.1/", "https://a.0x7f/",
    "https://[::1]/", "https://[2606:4700::1111]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/",
    "https://[v1.a]/", "https://[/", "https://]/", "https://hooks.example/[a]", "https://%6c%6f.example/",
    "https://hooks.example%2f/", "https://hooks.example;a/", "https://hooks,other.example/", "https://*.example/",
    f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", f"https://hooks.example/{'a' * 500}",
    "http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/",
]  # fmt: skip
LOOPBACK = {
    "http://127.0.0.1:9000/a": Place(False, "127.0.0.1", 9000, "/a", "127.0.0.1:9000", ("127.0.0.1",)),
    "http://localhost:9000": Place(False, "localhost", 9000, "/", "localhost:9000", ("127.0.0.1",)),
    "http://[::1]:9000/a": Place(False, "::1", 9000, "/a", "[::1]:9000", ("::1",)),
}
NOT_LOOPBACK = [
    "http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.0.0.2:9000/", "http://10.0.0.1:9000/", "http://[::2]:9000/",
    "http://hooks.example:9000/", "http://localhost.:9000/", "http://a.localhost:9000/", "http://user@127.0.0.1:9000/",
    "http://127.0.0.1:9000@evil.example/", "https://127.0.0.1:9000/", "http://0.0.0.0:9000/", "http://127.1:9000/",
]  # fmt: skip

KNOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the specification's example
WEBHOOK, DELIVERY, SUBJECT, OTHER = (UUID(int=number) for number in range(1, 5))
AT = datetime(2026, 11, 27, 12, 0, 0, 500_000, tzinfo=UTC)


def about(event: OrganizationEvent | None, **given: UUID) -> WebhookMessage:
    known = {"id": DELIVERY, "webhook": WEBHOOK, "subject": SUBJECT, "dataset": OTHER, "community": OTHER} | given
    return WebhookMessage(event=event, created_at=AT, **known)


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len({*PUBLIC, *CLOSED}) >= 60
    assert len({*ACCEPTED, *REFUSED, *LOOPBACK, *NOT_LOOPBACK}) >= 50


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_accepted(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*CLOSED, *UNREADABLE])
def test_any_other_address_is_refused(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_no_address_is_public_that_python_knows_to_be_private(address: object) -> None:
    if is_public(str(address)):
        assert address.is_global  # type: ignore[attr-defined]
        assert not address.is_multicast  # type: ignore[attr-defined]


@given(st.ip_addresses(v=6))
def test_no_address_of_ipv6_is_public_that_python_knows_to_be_private(address: object) -> None:
    if is_public(str(address)):
        assert address.is_global  # type: ignore[attr-defined]
        assert address.sixtofour is None  # type: ignore[attr-defined]
        assert address.teredo is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize(("url", "parts"), ACCEPTED.items())
def test_a_public_hosts_url_is_accepted(url: str, parts: tuple[str, int, str], loopback: bool) -> None:
    place = place_of(url, loopback=loopback)
    assert place is not None
    assert (place.host, place.port, place.target, place.is_tls, place.known) == (*parts, True, ())


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_url_is_refused(url: str) -> None:
    assert place_of(url) is None
    if url not in ("http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/"):
        assert place_of(url, loopback=True) is None


@pytest.mark.parametrize(("url", "place"), LOOPBACK.items())
def test_http_to_this_machine_is_for_the_demonstration(url: str, place: Place) -> None:
    assert place_of(url, loopback=True) == place
    assert place_of(url) is None


@pytest.mark.parametrize("url", NOT_LOOPBACK)
def test_the_demonstration_accepts_nothing_else(url: str) -> None:
    assert place_of(url, loopback=True) is None


@given(st.text(max_size=40))
def test_no_url_is_accepted_that_holds_anything_but_printed_ascii(text: str) -> None:
    place = place_of(f"https://hooks.example/{text}")
    if place is not None:
        assert place.target == f"/{text}"
        assert text.isascii()
        assert text.isprintable()
        assert " " not in text


@pytest.mark.parametrize(
    ("found", "usable"),
    [
        (["1.1.1.1", "2606:4700::1111"], ["1.1.1.1", "2606:4700::1111"]),
        (["1.1.1.1", "127.0.0.1"], []),
        (["10.0.0.1"], []),
        (["2606:4700::1111", "::ffff:10.0.0.1"], []),
        ([], []),
    ],
)
async def test_a_host_is_refused_if_any_of_its_addresses_is(
    found: Sequence[str], usable: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("hooks.example", 443)
        return found

    monkeypatch.setattr(public_hosts, "resolve", resolve)
    place = place_of("https://hooks.example/")
    assert place is not None
    assert [*await addresses_of(place)] == usable


@pytest.mark.parametrize("error", [OSError, TimeoutError, UnicodeError])
async def test_a_host_without_an_address_is_refused(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise error

    monkeypatch.setattr(public_hosts, "resolve", resolve)
    place = place_of("https://hooks.example/")
    assert place is not None
    assert await addresses_of(place) == ()


async def test_the_systems_resolver_finds_this_machine() -> None:
    assert "127.0.0.1" in await public_hosts.resolve("localhost", 443)


def test_a_signature_is_the_specifications() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the example of its verifier.
    signed = rules.signature(KNOWN, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_secret_signs_the_same_message() -> None:
    message, keys = about(None), [rules.new_secret(), rules.new_secret()]
    body = rules.body_of(message, "https://cohorte.example")
    headers = rules.headers_of(message, body, keys, 1_800_000_000)
    assert headers["webhook-id"] == f"dlv_{DELIVERY}"
    assert headers["webhook-timestamp"] == "1800000000"
    signed = headers["webhook-signature"].split(" ")
    for key, one in zip(keys, signed, strict=True):
        content = f"dlv_{DELIVERY}.1800000000.".encode() + body
        made = hmac.new(base64.b64decode(key.removeprefix("whsec_")), content, hashlib.sha256).digest()
        assert one == f"v1,{base64.b64encode(made).decode()}"


def test_a_secret_is_new_and_as_long_as_the_specification_asks() -> None:
    first, second = rules.new_secret(), rules.new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert 24 <= len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) <= 64


BASE = "https://cohorte.example"
DATA = {
    OrganizationEvent.INSIGHT_PUBLISHED: (
        "insight.published",
        {
            "insight": f"ins_{SUBJECT}",
            "dataset": f"dst_{OTHER}",
            "community": f"com_{OTHER}",
            "address": f"{BASE}/insights/ins_{SUBJECT}.json",
        },
    ),
    OrganizationEvent.DATASET_FROZEN: (
        "dataset.frozen",
        {
            "dataset": f"dst_{SUBJECT}",
            "community": f"com_{OTHER}",
            "address": f"{BASE}/codebooks/dst_{SUBJECT}.html",
        },
    ),
    OrganizationEvent.LICENCE_DECIDED: (
        "licence.decided",
        {"licence": f"lic_{SUBJECT}", "community": f"com_{OTHER}"},
    ),
    None: ("ping", {"webhook": f"whk_{WEBHOOK}"}),
}


@pytest.mark.parametrize("event", [*OrganizationEvent, None])
def test_a_message_holds_a_type_a_time_and_ids(event: OrganizationEvent | None) -> None:
    kind, data = DATA[event]
    body = rules.body_of(about(event), BASE)
    assert json.loads(body) == {"type": kind, "timestamp": "2026-11-27T12:00:00Z", "data": data}
    assert body == rules.body_of(about(event), BASE)  # the same in every attempt
    marked = json.loads(rules.body_of(about(event), BASE, synthetic=True))
    assert marked["data"] == data | {"synthetic": True}


def test_pauses_grow_and_end() -> None:
    first = UUID(int=1_000)
    pauses = [rules.pause_after(attempts, first) for attempts in range(1, 11)]
    # As the specification suggests: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert pauses == [*(timedelta(seconds=each) for each in seconds), None]
    assert sum(seconds) > rules.DISABLED_AFTER.total_seconds()  # one event that always fails disables its webhook


@given(st.uuids(), st.integers(1, 9))
def test_a_pause_is_at_most_a_tenth_longer(delivery: UUID, attempts: int) -> None:
    pause = rules.pause_after(attempts, delivery)
    assert pause is not None
    assert rules.PAUSES[attempts - 1] <= pause <= rules.PAUSES[attempts - 1] * 1.1

"""Requests to hosts that others chose: to the addresses that were checked and no others, within bounds."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.identity.webhooks import DeliveryFailure
from resolvers import public_hosts
from resolvers.public_hosts import Place, place_of
from server.jobs.outgoing import HEAD_BYTES, NotSent, post
from tests.support.receiver import Receiver, answering, receiving

HOST = "hooks.laboratory.example"


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for a host, and a client's that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


def loopback(receiver: Receiver, path: str = "/hook") -> Place:
    place = place_of(receiver.url(path), loopback=True)
    assert place is not None
    return place


def tls_to(receiver: Receiver, address: str = "127.0.0.1") -> Place:
    """A place of which the addresses are known, as those of a host that was resolved."""
    return Place(True, HOST, receiver.port, "/hook", HOST, (address,))


async def failure(place: Place, tls: ssl.SSLContext | None = None, seconds: float = 20) -> DeliveryFailure:
    with pytest.raises(NotSent) as caught:
        await post(place, {}, b"{}", tls, seconds)
    return caught.value.failure


async def test_a_request_is_complete_and_its_status_read() -> None:
    async with receiving() as receiver:
        assert await post(loopback(receiver, "/a?b=c"), {"webhook-id": "dlv_1"}, b'{"a":1}') == 204
        [request] = receiver.received
        assert (request.path, request.id, request.body) == ("/a?b=c", "dlv_1", b'{"a":1}')
        assert request.headers["connection"] == "close"
        assert not {"cookie", "authorization"} & request.headers.keys()


async def test_a_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, HOST)
    async with receiving(ssl=server) as receiver:
        assert await post(tls_to(receiver), {"webhook-id": "dlv_1"}, b"{}", trusting) == 204
        assert receiver.received[0].headers["host"] == HOST


@pytest.mark.parametrize("host", ["other.laboratory.example", "127.0.0.1"])
async def test_a_certificate_for_another_name_is_refused(tmp_path: Path, host: str) -> None:
    server, trusting = certificate(tmp_path, host)
    async with receiving(ssl=server) as receiver:
        assert await failure(tls_to(receiver), trusting) is DeliveryFailure.CONNECTION
        assert receiver.received == []


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, HOST)
    async with receiving(ssl=server) as receiver:
        assert await failure(tls_to(receiver)) is DeliveryFailure.CONNECTION
        assert receiver.received == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"], []]
)
async def test_a_name_that_leads_inside_is_refused_without_a_connection(
    addresses: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    async def connect(*_: object, **__: object) -> None:
        pytest.fail("a connection was made")

    monkeypatch.setattr(public_hosts, "resolve", resolve)
    monkeypatch.setattr(asyncio, "open_connection", connect)
    place = place_of(f"https://{HOST}/hook")
    assert place is not None
    assert await failure(place) is DeliveryFailure.ADDRESS


async def test_a_name_that_changes_its_address_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is a public address, all others lead to this machine."""
    answers, connected = [["192.88.100.1"]], []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0) if answers else ["127.0.0.1"]

    async def connect(host: str, port: int, **given: object) -> None:
        connected.append((host, port, given["server_hostname"]))
        raise OSError

    def system(*_: object, **__: object) -> None:
        pytest.fail("the name was resolved again")

    monkeypatch.setattr(public_hosts, "resolve", resolve)
    monkeypatch.setattr(asyncio, "open_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", system)
    place = place_of(f"https://{HOST}/hook")
    assert place is not None
    assert await failure(place) is DeliveryFailure.CONNECTION
    assert connected == [("192.88.100.1", 443, HOST)]


async def test_the_next_address_is_tried_if_one_does_not_answer() -> None:
    async with receiving() as receiver:
        place = Place(False, HOST, receiver.port, "/hook", HOST, ("::1", "127.0.0.1"))
        assert await post(place, {"webhook-id": "dlv_1"}, b"{}") == 204


async def test_a_server_that_does_not_answer_is_left() -> None:
    async with receiving() as receiver:
        receiver.hangs = {"/hook"}
        assert await failure(loopback(receiver), seconds=0.5) is DeliveryFailure.TIMEOUT


@pytest.mark.parametrize("host", ["127.0.0.1"])
async def test_nobody_listens(host: str) -> None:
    with socket.create_server((host, 0)) as taken:
        port = taken.getsockname()[1]
    place = Place(False, host, port, "/", host, (host,))
    assert await failure(place) is DeliveryFailure.CONNECTION


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 2 * HEAD_BYTES,
        b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" * HEAD_BYTES,
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_a_failure(answer: bytes) -> None:
    async with receiving() as receiver:
        receiver.answers["/hook"] = answer
        assert await failure(loopback(receiver)) is DeliveryFailure.CONNECTION


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (answering(200, body=b"a" * 10_000_000), 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense", 200),
        (b"HTTP/1.0 202 Accepted\r\n\r\n", 202),
        (b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 201 Created\r\n\r\n", 201),
        (answering(301, "Location: http://127.0.0.1/"), 301),
        (answering(500), 500),
    ],
)
async def test_of_an_answer_only_the_status_is_read(answer: bytes, status: int) -> None:
    async with receiving() as receiver:
        receiver.answers["/hook"] = answer
        assert await post(loopback(receiver), {"webhook-id": "dlv_1"}, b"{}") == status
        assert receiver.connections == 1

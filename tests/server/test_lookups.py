"""A name server that does not answer for one host holds up nothing but what needs that host."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models import lookups
from models.lookups import Lookups, connected
from resolvers import public_hosts
from server.jobs.mailer import MOST_SENDERS, Deliver, smtp_delivery
from tests.identity.test_outbox import Post, post
from tests.server.test_outgoing import certificate
from tests.support.eventually import until

HOST = "mail.cohorte.example"
TEXT = EmailMessage()
TEXT["From"], TEXT["To"] = "hello@cohorte.example", "ada@people.example"
Names = dict[str, list[str]]

# A process in which a look-up hangs, and which ends meanwhile.
ENDING = """
import asyncio, socket, time
from models.lookups import Lookups
socket.getaddrinfo = lambda *given, **more: time.sleep(60)
async def main():
    try:
        async with asyncio.timeout(0.2):
            await Lookups().addresses("mail.cohorte.example", 25)
    except TimeoutError:
        print("given up", flush=True)
asyncio.run(main())
"""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The addresses of hosts that no name server knows."""
    known: Names = {}
    system = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *given: Any, **more: Any) -> Any:
        found = known.get(host, [host])
        return [one for address in found for one in system(address, port, *given, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the name server is asked and does not answer: for the mail host, and for this machine's own name."""
    asked: list[str] = []
    answering = threading.Event()
    system = socket.getaddrinfo

    def hang(what: str) -> None:
        asked.append(what)
        answering.wait()
        raise socket.gaierror

    def getaddrinfo(host: Any, *given: Any, **more: Any) -> Any:
        if host == HOST:
            hang(HOST)
        return system(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "getfqdn", lambda: hang("own name"))
    yield asked
    answering.set()


@contextlib.contextmanager
def silent(port: int) -> Iterator[str]:
    """An address of this machine that accepts no connection at this port, and refuses none."""
    with contextlib.ExitStack() as stack:
        address = "127.0.0.2"
        listening = stack.enter_context(socket.socket())
        listening.bind((address, port))
        listening.listen(0)
        for _ in range(4):  # those that are accepted by nobody fill its queue
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect((address, port))
        yield address


async def sent(deliver: Deliver) -> None:
    await deliver(TEXT, "ada@people.example")


async def test_mails_whose_host_is_not_found_hold_up_nobody_else(
    hanging: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "LOOKUP_SECONDS", 1.0)
    deliver = smtp_delivery(f"smtp://{HOST}:25")
    mails = [asyncio.create_task(sent(deliver)) for _ in range(MOST_SENDERS)]
    for what in ("own name", HOST):
        await until(partial(hanging.__contains__, what))
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "others' work") == "others' work"
            assert await asyncio.get_running_loop().getaddrinfo("localhost", 5432)
            assert await public_hosts.resolve("localhost", 443)
    found = await asyncio.gather(*mails, return_exceptions=True)
    assert {type(error) for error in found} == {TimeoutError}
    assert hanging == ["own name", HOST]  # one look-up of each for all mails


async def test_those_who_ask_for_the_same_share_a_look_up_and_too_many_are_refused(hanging: list[str]) -> None:
    few = Lookups(1)
    waiting = [asyncio.create_task(few.addresses(HOST, 25)) for _ in range(3)]
    await until(lambda: bool(hanging))
    with pytest.raises(OSError, match="too many"):
        await few.addresses("localhost", 25)
    waiting.pop().cancel()  # for itself alone
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    assert hanging == [HOST]
    for each in waiting:
        each.cancel()


async def test_what_was_looked_up_is_looked_up_again_later(names: Names) -> None:
    some = Lookups(1)
    names[HOST] = ["127.0.0.1"]
    assert await some.addresses(HOST, 25) == ["127.0.0.1"]
    names[HOST] = ["127.0.0.2", "::1", "127.0.0.2"]
    assert await some.addresses(HOST, 25) == ["127.0.0.2", "::1"]


def test_a_process_does_not_wait_for_a_look_up_that_hangs_when_it_ends() -> None:
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (0, "given up\n", "")
    assert time.monotonic() - before < 40


async def test_a_mail_is_sent_by_the_address_that_answers(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.jobs.mailer.CONNECT_SECONDS", 1.0)
    async with post() as server:
        with silent(server.port) as address:
            names[HOST] = [address, "127.0.0.1"]
            await sent(smtp_delivery(f"smtp://{HOST}:{server.port}"))
    assert [recipient for recipient, _ in server.taken] == ["ada@people.example"]


async def test_the_first_address_that_connects_is_used_and_of_none_the_last_error_is_raised() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with await connected(["127.0.0.3", "127.0.0.1"], port, 5) as opened:
            assert opened.getpeername() == ("127.0.0.1", port)
        with pytest.raises(ConnectionRefusedError):
            await connected(["127.0.0.3", "127.0.0.4"], port, 5)
        with silent(port) as address, pytest.raises(TimeoutError):
            await connected([address], port, 0.2)
    with pytest.raises(OSError, match="without an address"):
        await connected([], port, 5)


@pytest.mark.parametrize("named", [HOST, "other.cohorte.example"])
async def test_a_mail_servers_certificate_is_checked_for_its_name(
    named: str, names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = certificate(tmp_path, named)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    names[HOST] = ["127.0.0.1"]
    made = Post()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=server)
    port = listening.sockets[0].getsockname()[1]
    deliver = smtp_delivery(f"smtps://{HOST}:{port}")
    if named == HOST:
        await sent(deliver)
    else:
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            await sent(deliver)
    listening.close()
    assert len(made.taken) == (named == HOST)


@pytest.mark.parametrize(
    ("own_name", "said"), [(lambda: "server.cohorte.example", "server.cohorte.example"), (None, "[127.0.0.1]")]
)
async def test_a_server_without_a_name_introduces_itself_by_its_address(
    own_name: Callable[[], str] | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise OSError

    monkeypatch.setattr(socket, "getfqdn", own_name or unknown)
    async with post() as server:
        await sent(smtp_delivery(f"smtp://127.0.0.1:{server.port}"))
    assert server.received[0] == f"EHLO {said}"

"""Opens the sockets that a server listens on, and refuses addresses at which it would be too open."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from commands.cluster import Unavailable
from settings import Settings

# Connections that may wait to be accepted. Few, because they are accepted together, before any of them is refused.
BACKLOG = 128


def refuse_open_demonstration(settings: Settings, address: str) -> None:
    """Raises Unavailable if others than this machine would reach a demonstration, whose passwords are public."""
    if settings.demo and not is_loopback(address) and "address" not in settings.demo_allow:
        raise Unavailable(
            "The passwords of the demonstration's accounts are public, and COHORTE_HOST is not a loopback address. Set "
            "COHORTE_HOST=127.0.0.1 or COHORTE_DEMO=0, or add COHORTE_DEMO_ALLOW=address if anyone may sign in."
        )


def refuse_open_plain_cookie(settings: Settings, address: str) -> None:
    """Raises Unavailable if a session cookie would be sent in plain text to other machines."""
    if settings.plain_cookie and not is_loopback(address):
        raise Unavailable(
            "COHORTE_PLAIN_COOKIE=1 is for development, and needs COHORTE_HOST=127.0.0.1. Elsewhere, serve HTTPS by a "
            "proxy and set COHORTE_PLAIN_COOKIE=0."
        )


def is_loopback(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


@contextlib.contextmanager
def listeners(settings: Settings) -> Iterator[Sequence[socket.socket]]:
    """A listening socket for each worker, all on one port. Raises Unavailable if it cannot be used."""
    with contextlib.ExitStack() as stack:
        if settings.workers == 1:
            yield [stack.enter_context(listen(settings))]
            return
        with listen(settings) as free:  # alone: a shared port could be another server's as well
            port = free.getsockname()[1]
        settings = settings.model_copy(update={"port": port})
        yield [stack.enter_context(listen(settings, shared=True)) for _ in range(settings.workers)]


def listen(settings: Settings, *, shared: bool = False) -> socket.socket:
    """A socket that listens on the settings' host and port. Raises Unavailable if they cannot be used."""
    listener = listen_on(settings.host, settings.port, "COHORTE_HOST or COHORTE_PORT", shared=shared)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # inherited by connections: Linux ends those to clients that are gone
        unread = int(settings.limits.unread_seconds * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread)
    return listener


def listen_on(host: str, port: int, variables: str, *, shared: bool = False) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=shared)
        # Accepted connections inherit this. asyncio sets it only on sockets that declare the protocol TCP, which these
        # do not; without it the body of a response would wait 40 ms for the client to acknowledge the headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        reason = (error.strerror or "").partition(" (")[0]  # Python appends the address, which the message has already
        raise Unavailable(f"Cannot listen on {host} port {port} ({reason}). Set {variables}.") from None

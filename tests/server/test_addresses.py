"""The client address that the server derives from a connection and its proxies' headers."""

from ipaddress import ip_network

import pytest

from server.http.addresses import client_address
from settings import Settings

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8")))


def address_of(client: str, *lines: bytes) -> str | None:
    headers = [(b"host", b"localhost"), *((b"x-forwarded-for", line) for line in lines)]
    return client_address({"type": "http", "client": (client, 1234), "headers": headers}, TRUSTED)


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", b"198.51.100.1", "203.0.113.7"),  # not a trusted proxy: its header is ignored
        ("10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"192.0.2.9, 198.51.100.1", "198.51.100.1"),  # the client wrote the first itself
        ("10.0.0.1", b"192.0.2.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"unknown", "10.0.0.1"),
        ("10.0.0.1", b"198.51.100.1, \xff", "10.0.0.1"),
        ("fd00::1", b"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", None, "203.0.113.7"),
        ("/run/socket", None, None),
    ],
)
def test_the_client_address_is_the_last_one_from_a_trusted_proxy(
    client: str, forwarded: bytes | None, address: str | None
) -> None:
    assert address_of(client, *([] if forwarded is None else [forwarded])) == address


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        # ports, as Azure's gateways append them
        (b"203.0.113.9:51008", "203.0.113.9"),
        (b"203.0.113.9:0", "203.0.113.9"),
        (b"203.0.113.9:", "203.0.113.9"),
        (b"[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        (b"[2001:db8:1:2::1]:", "2001:db8:1:2::/64"),
        (b"2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2::/64"),  # eight groups and a port
        (b"2001:db8:1:2::1:51008", "2001:db8:1:2::/64"),  # no group has five digits
        # brackets and quotation marks
        (b"[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        (b"[203.0.113.9]", "203.0.113.9"),
        (b"[203.0.113.9]:443", "203.0.113.9"),
        (b'"[2001:db8:1:2::1]:443"', "2001:db8:1:2::/64"),
        (b'"203.0.113.9:51008"', "203.0.113.9"),
        (b'" 203.0.113.9 "', "203.0.113.9"),
        # zones
        (b"[2001:db8:1:2::1%25eth0]:443", "2001:db8:1:2::/64"),
        (b"2001:db8:1:2::1%eth0", "2001:db8:1:2::/64"),
        # notations of the same address
        (b"2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::/64"),
        (b"2001:0db8:0001:0002::1", "2001:db8:1:2::/64"),
        (b"2001:db8:1:2:3:4:203.0.113.9", "2001:db8:1:2::/64"),
        (b"\t203.0.113.9\t", "203.0.113.9"),
        # IPv4 within IPv6: all clients of a translator would otherwise be one
        (b"::ffff:203.0.113.9", "203.0.113.9"),
        (b"[::ffff:203.0.113.9]:443", "203.0.113.9"),
        (b"::ffff:cb00:7109", "203.0.113.9"),
        (b"64:ff9b::203.0.113.9", "203.0.113.9"),
        (b"[64:ff9b::cb00:7109]:443", "203.0.113.9"),
        # empty parts
        (b"203.0.113.9,", "203.0.113.9"),
        (b"203.0.113.9, ,", "203.0.113.9"),
        (b",203.0.113.9", "203.0.113.9"),
        (b"192.0.2.9,,203.0.113.9,\t,10.0.0.2, ", "203.0.113.9"),
        # proxies behind proxies, each with its port
        (b"192.0.2.9:1, 203.0.113.9:2, 10.0.0.2:3", "203.0.113.9"),
        (b"192.0.2.9, [2001:db8:1:2::1]:443, [fd00::2]:8443", "2001:db8:1:2::/64"),
        # not an address: only the trusted proxy's own is known
        (b"", "10.0.0.1"),
        (b" , ,", "10.0.0.1"),
        (b"unknown", "10.0.0.1"),
        (b"_hidden:443", "10.0.0.1"),
        (b"203.0.113.9:51008:1", "10.0.0.1"),
        (b"203.0.113.9:port", "10.0.0.1"),
        (b"203.0.113.9:123456", "10.0.0.1"),
        (b"203.0.113.9 51008", "10.0.0.1"),
        (b"203.0.113.9;192.0.2.9", "10.0.0.1"),
        (b"[2001:db8:1:2::1", "10.0.0.1"),
        (b"2001:db8:1:2::1]", "10.0.0.1"),
        (b"[2001:db8:1:2::1]443", "10.0.0.1"),
        (b"[[2001:db8:1:2::1]]", "10.0.0.1"),
        (b"[]:443", "10.0.0.1"),
        (b":443", "10.0.0.1"),
        (b"203.000.113.009", "10.0.0.1"),  # ambiguous: decimal or octal
        (b"203.0.113", "10.0.0.1"),
        (b"203.0.113.256", "10.0.0.1"),
        (b"3405803785", "10.0.0.1"),
        ("２０３.0.113.9".encode(), "10.0.0.1"),
        (b"203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),  # entries before it may be forged
    ],
)
def test_an_entry_may_have_a_port_brackets_quotes_or_a_zone(entry: bytes, address: str) -> None:
    assert address_of("10.0.0.1", entry) == address


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ((b"192.0.2.9", b"203.0.113.9"), "203.0.113.9"),  # the client sent the first, the proxy appended the second
        ((b"203.0.113.9", b"10.0.0.2"), "203.0.113.9"),
        ((b"192.0.2.9, 203.0.113.9:1", b"10.0.0.3:2", b"[fd00::2]:3"), "203.0.113.9"),
        ((b"203.0.113.9", b""), "203.0.113.9"),
        ((b"203.0.113.9", b" , "), "203.0.113.9"),
        ((b"", b"203.0.113.9"), "203.0.113.9"),
        ((b"203.0.113.9", b"unknown"), "10.0.0.1"),
        ((b"", b""), "10.0.0.1"),
    ],
)
def test_several_header_lines_are_read_as_one_list(lines: tuple[bytes, ...], address: str) -> None:
    assert address_of("10.0.0.1", *lines) == address


@pytest.mark.parametrize(
    "forwarded",
    [
        b"for=192.0.2.9",
        b"for=192.0.2.9;proto=https;by=10.0.0.1",
        b'for="[2001:db8:1:2::1]:443"',
        b"for=_hidden",
        b"for=unknown",
        b"for=192.0.2.9, for=10.0.0.2",
        b"192.0.2.9",
        b"",
    ],
)
@pytest.mark.parametrize(
    ("client", "lines", "address"),
    [
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", (b"203.0.113.9",), "203.0.113.9"),
        ("203.0.113.7", (), "203.0.113.7"),
        ("fd00::1", (b"unknown",), "fd00::/64"),
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_the_forwarded_header_is_ignored(
    client: str, lines: tuple[bytes, ...], address: str, forwarded: bytes, last: bool
) -> None:
    headers = [(b"x-forwarded-for", line) for line in lines]
    headers.insert(len(headers) if last else 0, (b"forwarded", forwarded))
    assert client_address({"type": "http", "client": (client, 1234), "headers": headers}, TRUSTED) == address


@pytest.mark.parametrize(
    ("trusted", "client"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/104", "::ffff:10.0.0.1"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        ("fe80::/10", "fe80::1%eth0"),
    ],
)
def test_a_trusted_proxy_is_recognized_in_any_notation(trusted: str, client: str) -> None:
    networks = Settings.from_environment({"COHORTE_TRUSTED_PROXIES": trusted}).trusted_proxies
    scope = {"type": "http", "client": (client, 1234), "headers": [(b"x-forwarded-for", b"203.0.113.9")]}
    assert client_address(scope, networks) == "203.0.113.9"


def test_a_request_through_a_unix_socket_has_no_address() -> None:
    assert client_address({"type": "http", "client": None, "headers": []}, TRUSTED) is None

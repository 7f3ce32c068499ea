"""The client address that the server derives from a connection and its proxies' headers."""

from ipaddress import ip_network

import pytest

from server.addresses import client_address

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8")))


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
    scope = {"type": "http", "client": (client, 1234)}
    assert client_address(scope, forwarded, TRUSTED) == address


def test_a_request_through_a_unix_socket_has_no_address() -> None:
    assert client_address({"type": "http", "client": None}, None, TRUSTED) is None

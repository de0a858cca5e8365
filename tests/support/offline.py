"""No network in tests: a connection to anything but this machine fails the test that tries it."""

import ipaddress
import socket
import sys


class NetworkUsedError(RuntimeError):
    """A test reached for the network; no OSError, so that no retry swallows it."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return host is None
    if host in ("", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise NetworkUsedError(f"a test tried to reach {address[0]!r}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_here(args[0]):
        raise NetworkUsedError(f"a test tried to look up {args[0]!r}")


def forbid_network() -> None:
    """Hold this process, and whatever library it runs, off the network for the rest of its life."""
    sys.addaudithook(_watch)

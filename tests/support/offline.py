"""No network in tests: a connection to anything but this machine fails the test that tries it.

The calls of `socket` are replaced; no audit hook watches them: while one written in Python runs, another thread that
starts under coverage ends before its first line (CPython's `sys.settrace` refuses to be entered twice), and whoever
waits for that thread waits for ever.
"""

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

METHODS: Final = {"connect": 1, "connect_ex": 1, "sendto": -1, "sendmsg": 4}
"""What a socket reaches out with, and where among the arguments the address stands."""
LOOK_UPS: Final = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


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


def _reaching(call: Callable[..., Any], place: int) -> Callable[..., Any]:
    @functools.wraps(call)
    def guarded(*args: Any) -> Any:  # noqa: ANN401 - the socket's own
        address = args[place] if len(args) > place else None
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise NetworkUsedError(f"a test tried to reach {address[0]!r}")
        return call(*args)

    return guarded


def _looking_up(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def guarded(host: object, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the socket's own
        if not _is_here(host):
            raise NetworkUsedError(f"a test tried to look up {host!r}")
        return call(host, *args, **more)

    return guarded


def forbid_network() -> None:
    """Hold this process, and whatever library of Python's it runs, off the network for the rest of its life."""
    if hasattr(socket.socket.connect, "__wrapped__"):
        return
    for name, place in METHODS.items():
        setattr(socket.socket, name, _reaching(getattr(socket.socket, name), place))
    for name in LOOK_UPS:
        setattr(socket, name, _looking_up(getattr(socket, name)))

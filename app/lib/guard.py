"""Decides which network addresses the way out may lead to, and finds those of a host."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from app.config import settings

# RFC 6052 §2.1: resolvers of networks without IPv4 wrap every IPv4 address in it.
_NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The host leads to addresses of a private network and to no others, or is no host at all."""


def addresses(host: str, port: int, *, allow_private: bool = False) -> list[str]:
    """The addresses of `host` that may be connected to, in the resolver's order.

    With `allow_private`, or for a host or network (`10.1.0.0/16`) of the setting `private_hosts`, all of them may.
    Raises Refused, and OSError when the name does not resolve.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise Refused(f"{host} cannot be the name of a host.") from None
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if allow_private or host.lower().rstrip(".") in map(str.lower, settings().private_hosts):
        return found
    allowed = [address for address in found if is_public(address) or _is_listed(address)]
    if not allowed:
        raise Refused(f"{host} leads into a private network.")
    return allowed


def is_public(address: str) -> bool:
    """Whether the IP address is one of the open internet, whatever it is wrapped in."""
    ip = _unwrapped(ip_address(address))
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not (isinstance(ip, IPv6Address) and (ip.is_site_local or bool(ip.sixtofour) or bool(ip.teredo)))
    )


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_listed(address: str) -> bool:
    ip = _unwrapped(ip_address(address))
    for listed in settings().private_hosts:
        try:
            if ip in ip_network(listed, strict=False):
                return True
        except ValueError:
            continue  # a host's name
    return False

"""What counts as one address where calls are counted, and what as this machine alone."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV6_NETWORK_BITS: Final = 64
"""What one subscriber has of it, at the least."""


def network_of(address: str) -> str:
    """The address itself; of IPv6 the network of a subscriber, who has all of it."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
    return address


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches a server that listens there; of a name it does not know, no."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost"

"""Addresses as limits count them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

#: What one customer of a network is given at least (RFC 6177): anybody in it can take a new address for each request.
IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """Return what stands for an address in limits: an IPv4 address itself, an IPv6 address's /64.

    An IPv4 address that is written as IPv6 counts as what it is; what is no address counts as it is written.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if isinstance(known, IPv4Address):
        return str(known)
    return str(ip_network((int(known), IPV6_PREFIX), strict=False))

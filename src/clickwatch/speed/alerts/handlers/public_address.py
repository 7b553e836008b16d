"""Which addresses are anybody's, and which belong to a machine or a network of one's own."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
# Not everything that the library calls global leads out: 6to4 and local NAT64 carry an IPv4 address in them.
_OWN_NETWORKS = tuple(ip_network(text) for text in ("2002::/16", "64:ff9b:1::/48", "fec0::/10"))


def is_public(text: str) -> bool:
    """Whether a numeric address is a public one: not private, loopback, link-local, multicast, reserved or unspecified.

    An IPv6 address that stands for an IPv4 one (mapped, NAT64) is judged by that. Raises ValueError if it is none.
    """
    address = _meant(ip_address(text))
    if any(address in network for network in _OWN_NETWORKS):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_loopback(text: str) -> bool:
    """Whether a numeric address or a host's name means this machine itself, without asking anybody."""
    try:
        return _meant(ip_address(text)).is_loopback
    except ValueError:
        return text.lower().rstrip(".") == "localhost"


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address

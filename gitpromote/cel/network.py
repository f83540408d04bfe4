"""Addresses: URLs, IP addresses and ranges of them, as Kubernetes has them in its CEL."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from gitpromote.cel.function import CIDR, IP, URL, Function

__all__ = ["network_functions"]

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Range: TypeAlias = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def network_functions() -> tuple[Function, ...]:
    """``url()``, ``ip()`` and ``cidr()``, whether a text is one, and their methods."""
    return (*_url_functions(), *_ip_functions(), *_cidr_functions())


def _is(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def is_one(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return is_one


# --- URLs


def _url_functions() -> tuple[Function, ...]:
    parts: dict[str, Callable[[SplitResult], str]] = {
        "getScheme": lambda url: url.scheme,
        "getHost": lambda url: url.netloc.rpartition("@")[2],
        "getHostname": _hostname,
        "getPort": lambda url: str(url.port) if url.port is not None else "",
        "getEscapedPath": lambda url: quote(url.path, safe="/%:@!$&'()*+,;=~"),
    }
    return (
        Function("url", URL, ("string",), _as_url, method=False),
        Function("isURL", "bool", ("string",), _is(_url), method=False),
        *(
            Function(name, "string", (URL,), lambda value, part=part: part(_url(value[URL])))
            for name, part in parts.items()
        ),
        Function("getQuery", "table", (URL,), lambda value: parse_qs(_url(value[URL]).query, keep_blank_values=True)),
    )


def _as_url(text: str) -> dict[str, str]:
    _url(text)
    return {URL: text}


def _url(text: str) -> SplitResult:
    """An absolute URL or an absolute path, as Kubernetes takes them."""
    url = urlsplit(text)
    if any(not sign.isprintable() or sign == " " for sign in text) or not (url.scheme or text.startswith("/")):
        raise ValueError("it is no absolute URL")
    _ = url.port  # it raises where the port is no number
    return url


def _hostname(url: SplitResult) -> str:
    """In the capitals that it has."""
    host = url.netloc.rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


# --- IP addresses


def _ip_functions() -> tuple[Function, ...]:
    asked: dict[str, Callable[[_Address], bool]] = {
        "isUnspecified": lambda ip: ip.is_unspecified,
        "isLoopback": lambda ip: ip.is_loopback,
        "isLinkLocalMulticast": _is_link_local_multicast,
        "isLinkLocalUnicast": lambda ip: ip.is_link_local,
        "isGlobalUnicast": _is_global_unicast,
    }
    return (
        Function("ip", IP, ("string",), lambda text: {IP: str(_ip(text))}, method=False),
        Function("isIP", "bool", ("string",), _is(_ip), method=False),
        Function("ip.isCanonical", "bool", ("string",), lambda text: str(_ip(text)) == text, method=False),
        Function("family", "int", (IP,), lambda value: _ip(value[IP]).version),
        *(Function(name, "bool", (IP,), lambda value, asks=asks: asks(_ip(value[IP]))) for name, asks in asked.items()),
    )


def _ip(text: str) -> _Address:
    """Neither with a zone nor an IPv4 address within an IPv6 one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("it is no IP address") from None
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address.ipv4_mapped):
        raise ValueError("it is no IP address")
    return address


def _is_link_local_multicast(ip: _Address) -> bool:
    within = "224.0.0.0/24" if ip.version == 4 else "ff02::/16"
    return ip in ipaddress.ip_network(within)


def _is_global_unicast(ip: _Address) -> bool:
    broadcast = ip == ipaddress.ip_address("255.255.255.255")
    return not (broadcast or ip.is_unspecified or ip.is_loopback or ip.is_multicast or ip.is_link_local)


# --- ranges


def _cidr_functions() -> tuple[Function, ...]:
    return (
        Function("cidr", CIDR, ("string",), lambda text: {CIDR: str(_cidr(text))}, method=False),
        Function("isCIDR", "bool", ("string",), _is(_cidr), method=False),
        Function("containsIP", "bool", (CIDR, IP), lambda value, ip: _ip(ip[IP]) in _cidr(value[CIDR]).network),
        Function("containsIP", "bool", (CIDR, "string"), lambda value, ip: _ip(ip) in _cidr(value[CIDR]).network),
        Function("containsCIDR", "bool", (CIDR, CIDR), lambda value, other: _covers(value, other[CIDR])),
        Function("containsCIDR", "bool", (CIDR, "string"), _covers),
        Function("ip", IP, (CIDR,), lambda value: {IP: str(_cidr(value[CIDR]).ip)}),
        Function("masked", CIDR, (CIDR,), lambda value: {CIDR: str(_cidr(value[CIDR]).network)}),
        Function("prefixLength", "int", (CIDR,), lambda value: _cidr(value[CIDR]).network.prefixlen),
    )


def _cidr(text: str) -> _Range:
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()) or (len(length) > 1 and length[0] == "0"):
        raise ValueError("it is no range of IP addresses")
    _ip(address)
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        raise ValueError("it is no range of IP addresses") from None


def _covers(value: dict[str, str], other: str) -> bool:
    outer, inner = _cidr(value[CIDR]).network, _cidr(other).network
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)

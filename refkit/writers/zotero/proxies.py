"""Connections to a host, through the proxy that the environment names for it, never through one to this machine."""

from __future__ import annotations

import ipaddress
import ssl
import sys
import threading
from types import ModuleType
from typing import Any
from urllib.request import getproxies, proxy_bypass

from refkit.writers.zotero.answers import Failure


class Connections:
    """Transports of the HTTP library, one for each scheme and proxy, each with its pool of connections."""

    def __init__(self, httpx: ModuleType, *, proxies: bool) -> None:
        self._httpx = httpx
        self._proxies = proxies
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], Any] = {}

    def to(self, url: Any) -> Any:
        """Return the transport for an address, or a Failure if the environment does not allow to make one."""
        proxy = _proxy(url.scheme, url.host) if self._proxies else ""
        with self._lock:
            if (url.scheme, proxy) not in self._open:
                made = self._made(url.scheme, proxy)
                if isinstance(made, Failure):
                    return made
                self._open[url.scheme, proxy] = made
            return self._open[url.scheme, proxy]

    def _made(self, scheme: str, proxy: str) -> Any:
        try:
            # Where no certificate is checked, the list of those that are trusted need not be read: it takes long.
            verify = True if "https" in {scheme, proxy.partition(":")[0]} else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return self._httpx.HTTPTransport(verify=verify, proxy=proxy or None)
        except unmade_errors() as error:
            return unmade(error)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for each in self._open.values():
                each.close()
            self._open.clear()


def unmade_errors() -> tuple[type[Exception], ...]:
    """Return what an HTTP library raises if the environment lets it make no client, as far as one is loaded."""
    libraries = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return (ValueError, ImportError, OSError, *(each.InvalidURL for each in libraries if each))


def unmade(error: Exception) -> Failure:
    """Return what of the environment is to be corrected, by one of these errors."""
    if isinstance(error, OSError):
        reason = "the certificates that the environment names cannot be read"
        return Failure(reason, final=True, remedy="correct SSL_CERT_FILE and SSL_CERT_DIR")
    return no_proxy_works()  # a scheme that the library does not know, or lacks a part for


def no_proxy_works() -> Failure:
    """Return the failure of a proxy; its address is not told: it may hold a password."""
    return Failure("the proxy cannot be used", final=True, remedy="correct HTTPS_PROXY or HTTP_PROXY")


def _proxy(scheme: str, host: str) -> str:
    """Return the address of the proxy for a host, "" if there is none."""
    if is_here(host) or proxy_bypass(host):
        return ""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"

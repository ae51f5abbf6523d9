# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URLs of proxies, the login in them, and which proxy the environment names for a URL."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import urllib.request
from contextlib import suppress
from urllib.parse import unquote_to_bytes, urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput

# The environment variables that name the proxies of a machine, in lower case; they also exist in upper case.
PROXY_VARIABLES = frozenset(("http_proxy", "https_proxy", "all_proxy"))

# The scheme of a URL.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# A host name or an address, and a port. A quotation mark or a blank is none of it: env files keep what shells take away.
_LOCATION = re.compile(r"(?:[\w.-]+|\[[\w.:%]+\])(?::[0-9]{1,5})?")


def proxy_url(text: str) -> str | None:
    """``text`` as the URL of an HTTP proxy, with a scheme; None if it is none."""
    text = text.strip()
    # Without a scheme, name:password@host would be parsed as a URL with the scheme "name".
    url = text if SCHEME.match(text) else f"http://{text}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    # With a slash in the password, what seems to be the host is the user.
    usable = usable and "@" not in f"{parts.path}{parts.query}{parts.fragment}"
    return url if usable and _LOCATION.fullmatch(parts.netloc.rpartition("@")[2]) else None


def split_login(url: str) -> tuple[str, str | None]:
    """The URL of a proxy without user and password, and what proves them to the proxy: see :func:`basic_credentials`."""
    parts = urlsplit(url)
    userinfo, _at, location = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{location}", basic_credentials(userinfo) if userinfo else None


def basic_credentials(userinfo: str) -> str:
    """User and password as Basic authentication sends them (RFC 7617), from the part of a URL before the ``@``."""
    user, _colon, password = userinfo.encode("utf-8", "replace").partition(b":")
    return base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def environment_proxy(url: str) -> str | None:
    """The proxy for a URL by the environment, or by the system's settings; None if there is none.

    :raises InvalidInput: when it is not an HTTP proxy.
    """
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme.lower()) or proxies.get("all")
    if not proxy or _bypassed(parts.netloc.rpartition("@")[2], parts.hostname or "", proxies.get("no", "")):
        return None
    found = proxy_url(proxy)
    if found is None:
        name = next(
            (name for name in os.environ if name.lower() in PROXY_VARIABLES and os.environ[name] == proxy),
            "the proxy of the system",
        )
        raise InvalidInput(
            f"{name} names a proxy that cannot be used, since it is none for HTTP (SOCKS, for example): set proxy (AVEPOINT_PROXY) "
            "to the URL of an HTTP proxy, or list the host in NO_PROXY"
        )
    return found


def _bypassed(netloc: str, host: str, no_proxy: str) -> bool:
    """Whether requests to a host go without a proxy. ``no_proxy`` may also list networks, which Python does not look at."""
    if urllib.request.proxy_bypass(netloc):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        with suppress(ValueError):
            if address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
    return False

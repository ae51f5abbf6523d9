# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy the environment names for a URL."""

from __future__ import annotations

import ipaddress
import os
import re
import urllib.request
from contextlib import suppress
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput

# The environment variables that name the proxies of a machine, in lower case; they also exist in upper case.
PROXY_VARIABLES = frozenset(("http_proxy", "https_proxy", "all_proxy"))

# The scheme of a URL.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def environment_proxy(url: str) -> str | None:
    """The proxy for a URL by the environment, or by the system's settings; None if there is none.

    :raises InvalidInput: when it is not an HTTP proxy.
    """
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme.lower()) or proxies.get("all")
    if not proxy or _bypassed(parts.netloc.rpartition("@")[2], parts.hostname or "", proxies.get("no", "")):
        return None
    found = proxy if SCHEME.match(proxy) else f"http://{proxy}"
    if urlsplit(found).scheme not in ("http", "https"):
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

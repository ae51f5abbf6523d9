# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a connection: the clouds and their data centers, URLs, the proxy, the check of certificates."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import typing as t
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils import _proxy
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingOption
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import unreadable


class Environment(t.NamedTuple):
    """One of AvePoint's clouds: the URL of its token endpoint, and the base URL of its Graph API."""

    identity_url: str
    graph_url: str


# The vendor's "Authentication and Authorization" and "Use AvePoint Graph API" pages.
ENVIRONMENTS = {
    "commercial": Environment(
        "https://identity.avepointonlineservices.com/connect/token", "https://graph.avepointonlineservices.com"
    ),
    "us_gov": Environment(
        "https://identity-gov.avepointonlineservices.com/connect/token", "https://graph-gov.avepointonlineservices.com"
    ),
    "aos2": Environment(
        "https://identity-aos2.avepointonlineservices.com/connect/token",
        "https://graph-aos2.avepointonlineservices.com",
    ),
    "fedramp": Environment("https://identity.online15.net/connect/token", "https://graphusgovapi.online15.net"),
}

# Data centers of Azure, then of Google.
REGIONS = (
    *("au", "sg", "ca", "ne", "we", "fr", "de", "jp", "kr", "ch", "uk", "us", "uae", "za", "qa"),
    *("gcp-au", "gcp-jp", "gcp-us", "gcp-we", "gcp-kr"),
)

REGION_URL = "https://graph-{region}.avepointonlineservices.com"

# The form of the names that `openssl rehash` creates. OpenSSL reads no other files in a folder.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")


def graph_url(params: dict, service: type[Endpoint]) -> str:
    """The base URL of an API, from ``graph_url``, or ``cloud_environment`` and ``region``.

    :raises InvalidInput: naming the option and what is allowed.
    """
    return _checked_url("graph_url", params["graph_url"] or _graph_host(params, service))


def identity_url(params: dict) -> str:
    """The URL of the token endpoint.

    :raises InvalidInput: when it cannot be used.
    """
    return _checked_url("identity_url", params["identity_url"] or _environment(params).identity_url)


def _environment(params: dict) -> Environment:
    return ENVIRONMENTS[params["cloud_environment"]]


def _graph_host(params: dict, service: type[Endpoint]) -> str:
    region = (params["region"] or "").strip().lower()
    if params["cloud_environment"] != "commercial":
        if region:
            raise InvalidInput(
                f"region is for cloud_environment commercial only: leave it out with {params['cloud_environment']}"
            )
        return _environment(params).graph_url
    if region:
        if region not in REGIONS:
            raise InvalidInput(f"region is none that is known: choose one of {', '.join(REGIONS)}, or set graph_url")
        return REGION_URL.format(region=region)
    if not service.single_endpoint:
        raise MissingOption(
            f"{service.api.name} needs region (one of {', '.join(REGIONS)}) or graph_url to know the data center of the tenant",
            "region or graph_url",
        )
    return _environment(params).graph_url


def _checked_url(option: str, url: str) -> str:
    """``url`` without surrounding blanks, if credentials may be sent there.

    :raises InvalidInput: naming the option and what is allowed.
    """
    try:
        parts = urlsplit(url.strip())
        host, usable = parts.hostname or "", parts.port != 0
    except ValueError:
        raise InvalidInput(f"{option} is not a URL: it must look like https://host or https://host/path") from None
    usable = usable and parts.scheme in ("https", "http") and bool(host) and "*" not in host
    if not usable or "?" in url or "#" in url or any(c.isspace() for c in url.strip()):
        raise InvalidInput(f"{option} must look like https://host or https://host/path, without a query")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(f"{option} must not hold a user name or password: credentials have options of their own")
    if parts.scheme == "http" and not _loopback(host):
        raise InvalidInput(
            f"{option} must begin with https://: plain http:// is for loopback addresses only, since credentials are sent there"
        )
    return url.strip()


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_url(text: str | None) -> str | None:
    """The URL of the proxy, with a scheme; None if there is no proxy.

    :raises InvalidInput: when it is no HTTP proxy.
    """
    if not text:
        return None
    url = _proxy.proxy_url(text)
    if url is None:
        raise InvalidInput(
            "proxy must be the URL of an HTTP proxy, such as http://proxy.example.com:3128; other kinds, such as SOCKS, cannot be used"
        )
    return url


def verification(params: dict) -> bool | str:
    """How certificates of servers are checked, as :class:`Transport` takes it: ``True``, ``False`` or the path of a CA bundle.

    :raises InvalidInput: when ca_path cannot be used.
    """
    if not params["validate_certs"]:
        return False
    path = params["ca_path"]
    if path:
        folder = os.path.isdir(path)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{"capath" if folder else "cafile": path})
            hashed = not folder or any(map(_HASHED.match, os.listdir(path)))
        except ssl.SSLError:
            raise InvalidInput(
                f"ca_path holds no certificates that can be read: {path}: give a file in PEM format"
            ) from None
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"ca_path {unreadable(path, error, 'a file with CA certificates in PEM format')}"
            ) from None
        if not hashed:
            raise InvalidInput(
                f"ca_path is a folder in which OpenSSL finds no certificate: {path}: run openssl rehash on it, or give a file in PEM format"
            )
    # Variables that hold for all programs of a machine.
    return path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

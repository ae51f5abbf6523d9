# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all modules share: one table of each, their checks, and the client that they describe."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import ipaddress
import os
import re
import ssl
import time
import typing as t
from urllib.parse import unquote, urlsplit

from ansible.module_utils.common.parameters import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._http import PROXY_VARIABLES, Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES, same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._login import (
    ClientCertificate,
    ClientSecret,
    GivenToken,
    Login,
    usable_token,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import preload
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Endpoint, Service


class Environment(t.NamedTuple):
    """One of the clouds that AvePoint runs: where tokens come from, and the name of its Graph host."""

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


# Whatever is no path that is there, and ends in none of these, may have been pasted where a path belongs.
_ENDINGS = (".pem", ".pfx", ".p12", ".crt", ".cer", ".key", ".bundle")

# As `openssl rehash` names what it links to: all that OpenSSL looks for in a folder.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")

_MARKER = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----\Z")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# Shorter ones are words; the smallest file with a key and a certificate is larger than this.
LEAST_TOKEN = 12
_LEAST_CERTIFICATE = 300


def _environment_fallback(name: str) -> str:
    """The value of an environment variable; one that is empty, as CI servers pass on what is not set, counts as not there."""
    value: str = env_fallback(name).strip("\r\n")
    if not value.strip():
        raise AnsibleFallbackNotFound
    return value


def _from_environment(name: str) -> str | None:
    """What the environment says of an option that is a text or a path; None for nothing."""
    spec = CONNECTION.get(name, {})
    if "fallback" not in spec:
        return None
    fallback, names = spec["fallback"]
    try:
        value: str = fallback(*names)
    except AnsibleFallbackNotFound:
        return None
    return absolute(name, os.path.expanduser(os.path.expandvars(value))) if spec["type"] == "path" else value


def absolute(name: str, path: str) -> str:
    """What option ``name`` holds, from the folder of this process on; as it is where that folder is gone.

    What may have been pasted where the path of a certificate belongs is none, and stays too.
    """
    path = path.strip("\r\n")
    if name in CONNECTION and not shown_path(path):
        return path
    try:
        return os.path.abspath(path)
    except OSError:
        return path


def paths(service: type[Service]) -> list[str]:
    """The names of the options that are paths."""
    return [name for name, spec in argument_spec(service).items() if spec["type"] == "path"]


def split_ids(job_ids: t.Sequence[str]) -> list[str]:
    """The ids in the entries of ``job_ids``: each line is one, as text areas of job templates give them; blank lines are none.

    An entry that is empty stays: it is what a variable without a value leaves.
    """
    found = []
    for entry in job_ids:
        lines = [line.strip() for line in entry.splitlines() if line.strip()]
        found += lines if lines or (len(job_ids) > 1 and "\n" in entry) else [""]
    return found


def _option(name: str, **spec: t.Any) -> dict:
    """An option that falls back to its environment variable."""
    return {"fallback": (_environment_fallback, [f"AVEPOINT_{name.upper()}"]), **spec}


CONNECTION: dict[str, dict] = {
    "client_id": _option("client_id", type="str"),
    "client_secret": _option("client_secret", type="str", no_log=True),
    # no_log, since it may hold the certificate and its key; where it is a path, it is shown all the same.
    "client_certificate": _option("client_certificate", type="path", no_log=True),
    "client_certificate_password": _option("client_certificate_password", type="str", no_log=True),
    "access_token": _option("access_token", type="str", no_log=True),
    "scopes": {"type": "list", "elements": "str"},
    "cloud_environment": _option("cloud_environment", type="str", default="commercial", choices=list(ENVIRONMENTS)),
    "region": _option("region", type="str"),
    "graph_url": _option("graph_url", type="str"),
    "identity_url": _option("identity_url", type="str"),
    "validate_certs": _option("validate_certs", type="bool", default=True),
    "ca_path": _option("ca_path", type="path"),
    "proxy": _option("proxy", type="str"),
    "request_timeout": _option("request_timeout", type="float", default=30.0),
    "max_retries": _option("max_retries", type="int", default=5),
    "max_retry_delay": _option("max_retry_delay", type="float", default=60.0),
}

WAIT: dict[str, dict] = {
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 3600},
    "wait_sleep": {"type": "int", "default": 30},
    "appear_timeout": {"type": "int"},
    "min_jobs": {"type": "int", "default": 1},
    "fail_fast": {"type": "bool", "default": False},
    "progress_file": {"type": "path"},
}


def argument_spec(service: type[Service]) -> dict[str, dict]:
    """All options of the module for a job API."""
    return {
        **CONNECTION,
        **service.options,
        "job_ids": {"type": "list", "elements": "str"},
        "types": {"type": "list", "elements": "str", "choices": list(service.types.values())},
        "states": {"type": "list", "elements": "str", "choices": list(STATES)},
        "page_size": {"type": "int", "default": service.page_size},
        "page": {"type": "int"},
        "limit": {"type": "int"},
        "max_concurrency": {"type": "int", "default": 4},
        "include_raw": {"type": "bool", "default": False},
        **WAIT,
    }


def check_common(params: dict, endpoint: type[Endpoint]) -> None:
    """Refuses what cannot work with any API, before any request is sent; what is not in ``params`` is not looked at.

    Empty texts, which job templates send for a field that was left empty, count as not given: in their place ``params`` gets
    what the environment says, or None. Ends of lines around a connection option, as files and variables of CI servers have them,
    are taken away.

    :raises InvalidInput: naming the option and what is allowed.
    """
    for name, value in params.items():
        if isinstance(value, str) and name in CONNECTION:
            params[name] = value = value.strip("\r\n")
        if isinstance(value, str) and not value.strip():
            params[name] = value = _from_environment(name)
        elif isinstance(value, str) and CONNECTION.get(name, {}).get("type") == "path":
            params[name] = value = absolute(name, value)  # which is what a message has to show
        if isinstance(value, str) and ("\0" in value or re.search("[\ud800-\udfff]", value)):
            raise InvalidInput(f"{name} holds a NUL character, or bytes that are not UTF-8")
    largest = endpoint.largest_page
    ranges: dict[str, tuple[float, float]] = {
        "request_timeout": (0.001, 86400),
        "max_retries": (0, 1000),
        "max_retry_delay": (0, 86400),
        "page_size": (1, largest or 10000),
        "page": (1, 10**9),
        "limit": (1, 10**9),
        "max_concurrency": (1, 16),
        "wait_timeout": (0, 10**7),
        "wait_sleep": (0, 10**7),
        "appear_timeout": (0, 10**7),
        "min_jobs": (0, 10**9),
    }
    for name, (least, most) in ranges.items():
        value = params.get(name)
        if value is not None and not least <= value <= most:
            raise InvalidInput(
                # not "g" alone, which writes 10000000 as 1e+07
                f"{name} is {value:.12g}, but must be from {least:.12g} to {most:.12g}"
            )


def check(params: dict, service: type[Service], now: float) -> None:
    """Refuses what cannot work with a job API, before any request is sent; fills in place what is empty in ``params``.

    :raises InvalidInput: naming the option and what is allowed.
    """
    check_common(params, service)
    for name, spec in argument_spec(service).items():
        if params[name] is None and "default" in spec:
            params[name] = spec["default"]  # of a text that was there, but empty
    for name in ("states", "page"):
        if params["wait"] and params[name]:
            raise InvalidInput(
                f"{name} cannot go together with wait: a wait follows its jobs through all states and pages"
            )
    if params["job_ids"] is not None:
        params["job_ids"] = split_ids(params["job_ids"])
        if not params["job_ids"] or not all(params["job_ids"]):
            raise InvalidInput("job_ids has no id in it, or an empty one: leave the option out to choose all jobs")
    if params["wait"] and params["limit"] is not None:
        for name, number in (
            ("job_ids", len(set(map(same_id, params["job_ids"] or ())))),
            ("min_jobs", 0 if params["job_ids"] else params["min_jobs"]),
        ):
            if params["limit"] < number:
                raise InvalidInput(
                    f"limit is {params['limit']}, but {number} jobs are waited for by {name}: raise limit or leave it out"
                )
    service.check(params, now)


def client(
    params: dict,
    service: type[Endpoint],
    clock: t.Callable[[], float] = time.monotonic,
    now: t.Callable[[], float] = time.time,
    **seams: t.Any,
) -> Client:
    """The client that the connection options describe; ``seams`` are :class:`Client`'s for tests.

    :raises InvalidInput: naming the option and what is allowed.
    :raises MissingLibrary: when a library that is needed is not installed.
    """
    if importlib.util.find_spec("jsonschema") is None:
        raise MissingLibrary("jsonschema")
    preload()
    environment = ENVIRONMENTS[params["cloud_environment"] or "commercial"]
    graph_url = _url("graph_url", params["graph_url"] or _graph_url(params, service, environment))
    identity_url = _url("identity_url", params["identity_url"] or environment.identity_url)
    proxy = _proxy(params["proxy"])
    login = _login(params, identity_url, service, clock, now)
    transport = Transport(_verify(params), proxy, params["max_concurrency"])
    for url in (identity_url, graph_url):
        transport.proxies_for(url)  # what cannot work is said at once
    return Client(
        transport,
        graph_url,
        identity_url,
        login,
        service.api,
        hidden=secrets(params),
        request_timeout=params["request_timeout"],
        max_retries=params["max_retries"],
        max_retry_delay=params["max_retry_delay"],
        clock=clock,
        now=now,
        **seams,
    )


def secrets(params: dict) -> set[str]:
    """What the options hold that must not be seen, whether they are checked already or not."""
    found: set[str] = set()
    for name in ("client_secret", "client_certificate_password", "access_token"):
        text = str(params.get(name) or "")
        found |= {text, text.strip()}
    for name in ("client_certificate", "ca_path"):
        # What somebody pasted, line by line too: that is how a key is quoted.
        text = str(params.get(name) or "")
        if text and not shown_path(text):
            found |= {text, text.strip(), *(part for part in re.split(r"\s+|\\[nr]", text) if len(part) >= 8)}
            with contextlib.suppress(UnicodeDecodeError):  # a PFX, whose content is none that is quoted
                found |= set((inline_certificate(text) or b"").decode().splitlines())
    proxies = [value for name, value in os.environ.items() if name.lower() in PROXY_VARIABLES]
    for url in (*(str(params.get(name) or "") for name in ("graph_url", "identity_url", "proxy")), *proxies):
        # Not as a URL is read: what is in one that cannot be used must not be seen either.
        rest = url[len(match.group()) if (match := _SCHEME.match(url)) else 0 :]
        who, at, where = rest.rpartition("@")
        user, _colon, password = who.partition(":")
        if at and who:
            # As it is written, as it is meant, and as it is sent.
            sent = f"{unquote(user)}:{unquote(password)}".encode("utf-8", "replace")
            found |= {f"{who}@", password, unquote(password), base64.b64encode(sent).decode()}
            # A name of a person may be a word that is elsewhere too; a token is not.
            found |= {form for form in (user, unquote(user)) if len(form) >= LEAST_TOKEN}
        query = re.split(r"[?#]", where, maxsplit=1)[1:]
        found |= {part for part in re.split(r"[&=?#;]", "".join(query)) if len(part) >= LEAST_TOKEN}
    return {secret for secret in found if secret.strip() and not _MARKER.match(secret)}


def shown_path(text: str) -> bool:
    """Whether ``text`` can be shown as a path: it is one here, or has the name of such a file. Anything else may be a secret."""
    text = text.strip()
    if not text.isprintable() or len(text) > 1024:
        return False
    return text.lower().endswith(_ENDINGS) or os.path.exists(os.path.expanduser(os.path.expandvars(text)))


def inline_certificate(text: str) -> bytes | None:
    """The content of a certificate's file that is given in place of its path, as PEM or in base64; None for a path.

    Ends of lines may have become spaces, or a backslash with a letter, as they do in variables of CI servers.
    """
    if "-----BEGIN" not in text:
        try:
            content = base64.b64decode(re.sub(r"\s+|\\[nr]", "", text), validate=True)
        except ValueError:
            return None
        if len(content) < _LEAST_CERTIFICATE or not content.startswith((b"0", b"-----BEGIN", b"Bag Attributes")):
            return None
        if b"-----BEGIN" not in content:
            return content
        text = content.decode("utf-8", "replace")
    blocks = [
        f"-----BEGIN {label}-----\n{_pem_body(body)}-----END {label}-----\n"
        for label, body in re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", text, re.DOTALL)
    ]
    # One that is cut off is left as it is, for whoever reads it to say so.
    return ("".join(blocks) or text).encode("utf-8", "replace")


def _pem_body(body: str) -> str:
    body = re.sub(r"\\[nr]", "\n", body)
    headers = re.findall(r"([A-Za-z-]+):\s*(\S+)", body)  # of a key that is encrypted in the older way
    data = "".join(re.sub(r"[A-Za-z-]+:\s*\S+", "", body).split())
    lines = [f"{name}: {value}" for name, value in headers] + [""] * bool(headers)
    return "".join(f"{line}\n" for line in (*lines, *(data[at : at + 64] for at in range(0, len(data), 64))))


def _certificate(text: str) -> bytes:
    """What the option client_certificate holds, or the file that it names.

    :raises InvalidInput: when there is no such file.
    """
    content = inline_certificate(text)
    if content is not None:
        return content
    try:
        with open(os.path.expanduser(os.path.expandvars(text)), "rb") as file:
            return file.read(1024 * 1024)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"client_certificate {_unreadable(text, error, 'a PEM or PFX file, or its content')}"
        ) from None


def _unreadable(path: str, error: Exception, wanted: str) -> str:
    """What is said of a path; the path itself only where it cannot be a secret."""
    reason = getattr(error, "strerror", None) or "not a path"
    if shown_path(path):
        return f"cannot be read: {path}: {reason}"
    return f"cannot be read ({reason}): it must be the path of {wanted}"


def _login(
    params: dict, identity_url: str, service: type[Endpoint], clock: t.Callable[[], float], now: t.Callable[[], float]
) -> GivenToken | t.Callable[[t.Callable], Login]:
    kinds = [name for name in ("client_secret", "client_certificate", "access_token") if params[name]]
    if len(kinds) > 1:
        # What a task says itself goes before what the environment of all tasks holds.
        kinds = [name for name in kinds if params[name] != _from_environment(name)] or kinds
    if not kinds:
        raise InvalidInput(
            "there are no credentials: set client_id with client_secret or client_certificate, or set access_token"
        )
    if len(kinds) > 1:
        raise InvalidInput(
            f"{' and '.join(kinds)} are alternatives: set exactly one of client_secret, client_certificate and access_token"
        )
    (kind,) = kinds
    if kind == "access_token":
        return GivenToken(usable_token(params[kind]))
    if not params["client_id"]:
        raise InvalidInput(f"client_id is missing: {kind} goes together with it")
    if kind == "client_secret":
        proof: ClientSecret | ClientCertificate = ClientSecret(params["client_id"], params[kind])
    else:
        proof = ClientCertificate(
            params["client_id"], _certificate(params[kind]), params["client_certificate_password"], now
        )
    scopes = params["scopes"] or service.scopes
    return lambda ask: Login(proof, identity_url, scopes, ask, clock)


def _graph_url(params: dict, service: type[Endpoint], environment: Environment) -> str:
    region = (params["region"] or "").strip().lower()
    if (params["cloud_environment"] or "commercial") != "commercial":
        if region:
            raise InvalidInput(
                f"region is for cloud_environment commercial only: leave it out with {params['cloud_environment']}"
            )
        return environment.graph_url
    if region:
        if region not in REGIONS:
            raise InvalidInput(f"region is none that is known: choose one of {', '.join(REGIONS)}, or set graph_url")
        return REGION_URL.format(region=region)
    if not service.single_endpoint:
        raise InvalidInput(
            f"{service.api.name} needs region (one of {', '.join(REGIONS)}) or graph_url to know the data center of the tenant"
        )
    return environment.graph_url


def _url(option: str, url: str) -> str:
    """``url`` if credentials may be sent there."""
    try:
        parts = urlsplit(url.strip())
        host, usable = parts.hostname or "", parts.port != 0
    except ValueError:
        raise InvalidInput(f"{option} is not a URL: it must look like https://host or https://host/path") from None
    usable = usable and parts.scheme in ("https", "http") and bool(host)
    if not usable or parts.query or parts.fragment or any(c.isspace() for c in url.strip()):
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


def _proxy(text: str | None) -> str | None:
    """The proxy's URL, as the transport wants it."""
    if not text:
        return None
    # Without it, name:password@host could be read as a URL of the scheme "name".
    url = text if _SCHEME.match(text) else f"http://{text}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInput(
            "proxy must be the URL of an HTTP proxy, such as http://proxy.example.com:3128; other kinds, such as SOCKS, cannot be used"
        )
    return url


def _verify(params: dict) -> bool | str:
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
                f"ca_path {_unreadable(path, error, 'a file with CA certificates in PEM format')}"
            ) from None
        if not hashed:
            raise InvalidInput(
                f"ca_path is a folder in which OpenSSL finds no certificate: {path}: run openssl rehash on it, or give a file in PEM format"
            )
    # Of the variables that requests would read, those that hold for a whole machine are honoured where nothing else is said.
    return path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces real values by made-up ones: equal values by equal ones, with a keyed hash that cannot be reversed without the key.

Only what is listed here stays: words of the API, the values of its types, statuses and counts, and times. Everything else is
replaced, whatever it looks like, because it may be a name.
"""

from __future__ import annotations

import hmac
import re
import typing as t
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._text import MASK


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words of the APIs' names and URLs, and of messages. A name of a property, a path or a message that consists only of these words
# stays. So no word belongs here that is likely to be a person's or company's name, or a part of one.
_API_WORDS = _words("""
    access action actions active activity actual admin api app applied apply apptype aos assertion asynchronous at audience auto
    autodiscovery avepoint avpt average backup backups baseline baselines batch bearer begin between bm body bulk byte bytes calls
    category change changed changes child children claims client cloudbackupjobs code codes collection color comment comments completed
    configuration connect connection content context correlation count countries country counts created creation credentials current
    customer customers data datasource date day days default deleted description detail details detected documentation domain drift
    duration dynamics dynamicsbackup effective elements email enabled end ended entities entity entry enum environment error errors
    event exception expires extended extension extra failed failure failures field fields file files filter filters finish finished
    finishtime flag folder folders format from general general get graph granted group groups gsuite has hash hour hours http https
    id identity ids in index info inner instance instances interval is isolation item items job jobid jobs jobstatus jobtype key kind
    label language last length level levels library limit link links list location locations log logs management max maximum message
    messages meta metadata method min minimum mode model modified modify module modules more name names next nextlink none note notes
    null number object objects objecttype odata of offset on one open operation operator order orderby organization organizations out
    output owner page pageindex pagenumber pages pagesize paging param parameter parameters params parent partner password path paths
    percent percentage period permission permissions platform policies policy previous primary priority process product products
    profile progress project properties property public query ranking read reason record records recovery ref reference region
    relative remaining report reports request requested required resource resources response restore result results resume retry
    role roles row rows run running salesforce saml sap scan scheduled schema scope scopes search searchtext secret section
    security seconds sequence server service services session settings severity sfbapi site size skip skipped skiptoken sort
    sortorder source sp stage stamp start started starttime state states status statuses step steps stop stopped success successful
    summary support system tag tags target targets task tasks team tenant tenants text time times timestamp title to token top total
    totalcount trace type types uid unit updated upn url urls user users utc uuid value values version warning warnings workload write
    readwrite vm cloudbackup bearer external center connection oauth microsoft urn ietf jwt jobinfo login refresh signin google
    align alignment deploy deployed deployment drive drives draft retrieving settings many
""")
_MESSAGE_WORDS = _words("""
    a able about above accept accepted actually after again all allowed already also always an and another answer any anything are
    argument as asked available authentication authorization bad be because been before began being below belong belongs both but by
    ca cannot case caused certificate chain check clock closed complete connect contact contains correct could deadline denied did
    different do does done down due during each empty encountered encoded ensure every exceed exceeded exist exists expected expired
    failed fetch for forbidden format found fully gateway give given gone grant greater had handle have header host however if
    incorrect input inside integer internal invalid issuer it its json kept know known lacks large larger later least less local longer
    longest made malformed many match matches may middle missing most must needed neither network never new no nor not nothing now
    occurred only operation or other ours outside over own parse part peer permitted please possible present provide provided proxy
    raise reached read received recognized refused reset registered resolved response same self sent shall should signed since slow
    so some something string sure syntax temporarily than that the their them then there these they this those through too trusted try
    twice unable unauthorized unavailable unexpected unknown unsupported until up updated upon use used using valid verify was way we
    were what when where whether which while whole whose will with within without wrong yet you your tls handshake timed
    such hostname mismatch verification renew renewed resolve s t often try later soon ended bundle signs set url network
""")
WORDS = _API_WORDS | _MESSAGE_WORDS

# The properties, as _plain() writes their names, whose values are the API's own words and numbers.
_CODES = _words("""
    type jobtype status jobstatus statuscode state jobstate category apptype datasource objecttype servicetype module jobmodule level
    code error tokentype granttype clientassertiontype location orderby sortorder managementmode actiontype
    """)
# The properties whose values are numbers, sizes or durations.
_NUMBERS = _words("""
    pageindex pagenumber pagesize currentpage top skip totalcount totalnumber expiresin duration durationhours jobduration progress
    backupsize datasize apicalls count color version driftdetected autoalignment rankingorder limit seconds size
    """)
# The properties whose value may be a count or a telephone number: only a short number stays.
_SHORT_NUMBERS = frozenset(("number",))
_COUNTER = re.compile(
    r"(total|successful|failed|skipped|warning)(count|number|entity|record|records|object|objects|metadata)"
)
# The properties whose values are sentences: each word is examined.
_SENTENCES = _words("message errordescription detail title value error code")
_SCOPES = frozenset(("scope", "scopes"))
_FIELD_NAMES = frozenset(("field",))
_SECRET = re.compile(
    "token|secret|password|passphrase|assertion|credential|cookie|authorization|signature|apikey|privatekey|jwt"
)
# The properties whose names look secret, but are not.
_NO_SECRET = frozenset(("tokentype", "clientassertiontype", "skiptoken", "continuationtoken", "pagetoken", "nexttoken"))
# The ends of names whose numbers may identify somebody.
_NUMBER_OF_SOMEBODY = re.compile("(id|ids|no|number|key|name|code)$")

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?\s?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_IS_TIME = re.compile(_TIME, re.ASCII)
_IS_CODE = re.compile(r"-?[0-9]{1,6}", re.ASCII)
_IS_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
# "0.01 GB", "2m33s", "1.02:03:04"
_IS_AMOUNT = re.compile(
    r"[0-9]{1,15}(\.[0-9]{1,9})?\s*([KMGTP]?B|bytes?)|([0-9]{1,6}\s*d\s*)?([0-9]{1,6}\s*h\s*)?([0-9]{1,6}\s*m\s*)?([0-9]{1,9}\s*s)?"
    r"|([0-9]{1,6}\.)?[0-9]{1,6}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?",
    re.ASCII | re.IGNORECASE,
)
# The form of words in _CODES: the name of a state or type has a few words, an error no blank, a location is a code.
_IS_NAME_OF_CODE = {
    "": re.compile(r"(?=.{1,40}\Z)[A-Za-z]+([ _/+&-]{1,3}[A-Za-z]+){0,4}", re.ASCII),
    **dict.fromkeys(
        ("code", "error", "granttype", "clientassertiontype"), re.compile(r"[A-Za-z][A-Za-z:_-]{0,60}", re.ASCII)
    ),
    "location": re.compile("[A-Z]{3}|PrimaryGeoLocation", re.ASCII),
}
_GUID = re.compile(r"[{(]?[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}[)}]?", re.ASCII | re.IGNORECASE)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_HOST = re.compile(
    r"((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-f:.]+\]|localhost|(?=.*::)[0-9a-f:.]+)"
    r"(:[0-9]{1,5})?",
    re.ASCII | re.IGNORECASE,
)
# At least 12 characters, so that different ids do not get the same made-up value.
_ID = re.compile(r"(?=.*[0-9])(?=(?:[._~-]*[A-Za-z0-9]){12})[A-Za-z0-9._~-]{12,100}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+", re.ASCII)
_SEPARATOR = re.compile(r"(?=.)[ ._:@-]?(365)?[ ._:-]?", re.ASCII)
_NUMBERED = re.compile(r"v[0-9](\.[0-9])?|[md]365|oauth2", re.ASCII | re.IGNORECASE)
_NUMBERED_ERROR = re.compile(r"(AADSTS|IDX)[0-9]{1,8}", re.ASCII)
_TOKEN = re.compile(
    rf"(?P<time>(?<![0-9A-Za-z]){_TIME}(?![0-9A-Za-z]))"
    # A number in groups, such as a telephone or account number
    r"|(?P<number>(?<![^\s\"'(])\+?[0-9]+(?: [0-9]+)+(?![0-9A-Za-z:/@-]|\.[0-9]))"
    r"|(?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+)"
    r"|(?P<word>[^\s\"'<>(),;!?\[\]{}=|`]+)",
    re.ASCII,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
NO_GUID = "0" * 32

# The form of a longer text is not examined.
LONGEST = 2000


def known(text: str) -> bool:
    """Whether a name consists only of known words, joined in any way (``jobId``, ``job-id``), or is a version such as ``v3``."""
    parts = _PARTS.findall(text)
    words = [part.lower() in WORDS if part.isalpha() else _SEPARATOR.fullmatch(part) is not None for part in parts]
    return _NUMBERED.fullmatch(text) is not None or (all(words) and any(map(str.isalpha, parts)))


def _plain(name: str) -> str:
    """A name in lower case, without separators."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


class Pseudonyms:
    """The made-up values for ``key``. Texts that differ only in case get made-up values that differ at most in case."""

    def __init__(self, key: bytes):
        self._key = key
        #: Identifies the key, but reveals nothing about it.
        self.mark = self._hex("mark", "")[:8]

    def document(self, value: t.Any, name: str = "") -> t.Any:
        """JSON data with made-up values; ``name`` is the property with this value."""
        if isinstance(value, dict):
            found: dict[str, t.Any] = {}
            for key, item in value.items():
                shown = self.name(key)
                while shown in found:  # made-up names of properties may be equal
                    shown += "+"
                found[shown] = self.document(item, key)
            return found
        if isinstance(value, (list, tuple)):
            return [self.document(item, name) for item in value]
        if isinstance(value, str):
            return self.value(name, value)
        if value is None or isinstance(value, bool):
            return value
        return self._number(_plain(name), value)

    def name(self, name: str) -> str:
        """The name of a property or a parameter: itself if it is known, else made up."""
        return name if known(name) else self.text(name)

    def value(self, name: str, text: str) -> str:
        """The value ``text`` of a property or a parameter: masked, itself, or made up, depending on ``name``."""
        plain = _plain(name)
        if _SECRET.search(plain) and plain not in _NO_SECRET:
            return MASK
        if plain in _SCOPES:
            return " ".join(scope if known(scope) else self.text(scope) for scope in text.split(" "))
        if plain in _FIELD_NAMES:
            return self.name(text) if text else text
        if (plain in _CODES or plain in _SHORT_NUMBERS) and _IS_CODE.fullmatch(text.strip()):
            return text
        counts = plain in _NUMBERS or _COUNTER.fullmatch(plain)
        if counts and (_IS_NUMBER.fullmatch(text.strip()) or _IS_AMOUNT.fullmatch(text.strip())):
            return text
        if plain in _CODES and (_IS_NAME_OF_CODE.get(plain, _IS_NAME_OF_CODE[""]).fullmatch(text) or known(text)):
            return text
        return self.sentence(text) if plain in _SENTENCES else self.text(text)

    def sentence(self, text: str) -> str:
        """A message with made-up values; known words, small numbers and times stay."""
        return _TOKEN.sub(self._token, text)

    def text(self, text: str) -> str:
        """A made-up text of the same form (GUID, number, URL, host, mail address, id or word); times and empty values stay."""
        if text.strip().lower() in ("", "n/a") or text == MASK or _IS_TIME.fullmatch(text):
            return text
        if len(text) > LONGEST:
            return self._word(text)
        if _GUID.fullmatch(text):
            return self._guid(text)
        if _DIGITS.fullmatch(text):
            return self._digits(text)
        if _SCHEME.match(text) or text.startswith("/"):
            return self.url(text)
        if _HOST.fullmatch(text):
            return self.host(text)
        if _MAIL.fullmatch(text):
            user, _at, domain = text.rpartition("@")
            return f"{self._word(user)}@{self.host(domain)}"
        return self._same_form(text) if _ID.fullmatch(text) else self._word(text)

    def host(self, text: str) -> str:
        """A made-up host name; it depends on the host, and has no port."""
        match = _HOST.fullmatch(text)
        host = match.group(1) if match else text
        return f"x-{self._hex('host', host.lower())[:12]}.example"

    def url(self, text: str) -> str:
        """A made-up URL, or path, in which the known words of the path stay. User and password are left out."""
        try:
            parts = urlsplit(text)
            query = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            return self._word(text)
        path = "/".join(self.segment(segment) for segment in parts.path.split("/"))
        where = f"{parts.scheme.lower()}://{self.host(parts.netloc.rpartition('@')[2])}" if parts.netloc else ""
        if where and parts.scheme.lower() not in ("http", "https"):
            return self._word(text)
        made_up = urlencode([(self.name(name), self.value(name, value)) for name, value in query], errors="replace")
        # A query without pairs of name and value, such as a token, is a word.
        made_up = made_up or (self._word(parts.query) if parts.query else "")
        return (
            where
            + path
            + (f"?{made_up}" if made_up else "")
            + (f"#{self._word(parts.fragment)}" if parts.fragment else "")
        )

    def segment(self, segment: str) -> str:
        """A segment of a path: itself if it is known, else made up."""
        plain = unquote(segment)
        return segment if not segment or known(plain) else quote(self.text(plain), safe="*", errors="replace")

    def _token(self, match: re.Match) -> str:
        token = match.group()
        if match.lastgroup == "time":
            return token
        if match.lastgroup == "number":
            return self._same_form(token)
        core = token.rstrip(".,:")
        punctuation = token.removeprefix(core)
        if match.lastgroup == "url":
            return self.url(core) + punctuation
        small = re.fullmatch(r"-?[0-9]{1,3}", core, re.ASCII)
        if not core or known(core) or small or MASK in core or (not any(map(str.isalnum, core)) and core.isascii()):
            # The text next to a mask may be a part of the secret.
            return (MASK if MASK in core else core if core.isprintable() else self._word(core)) + punctuation
        if _NUMBERED_ERROR.fullmatch(core):
            return token
        head, colon, tail = core.partition(":")
        if colon and known(head):
            return head + colon + self.sentence(tail) + punctuation
        return self.text(core) + punctuation

    def _number(self, name: str, value: float) -> float:
        if name in _NUMBERS or _COUNTER.fullmatch(name):
            limit = 10**15
        elif name in _CODES or name in _SHORT_NUMBERS:
            limit = 10**6
        else:
            limit = 0 if _NUMBER_OF_SOMEBODY.search(name) else 100
        if abs(value) < limit:
            return value
        made_up = int(self._digits(str(int(min(abs(value), 10**39)))))
        return type(value)(made_up if value >= 0 else -made_up)

    def _hex(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "replace"), "sha256").hexdigest()

    def _word(self, text: str) -> str:
        small = text.lower()
        word = f"x-{self._hex('word', small)[:12]}"
        return word if small == text else word.upper()

    def _guid(self, text: str) -> str:
        digits = re.sub("[^0-9a-f]", "", text.lower())
        if digits == NO_GUID:
            return text
        found = self._hex("guid", digits)
        made_up = iter(found if text.lower() == text else found.upper())
        return re.sub("[0-9a-fA-F]", lambda _match: next(made_up), text)

    def _same_form(self, text: str) -> str:
        """A made-up text with letters instead of letters, and digits instead of digits."""
        small = text.lower()
        wanted = -(-len(text) // 32)
        numbers = bytes.fromhex("".join(self._hex(f"form{index}", small) for index in range(wanted)))

        def other(position: int, character: str) -> str:
            if character.isdigit():
                return str(numbers[position] % 10)
            letter = chr(ord("a") + numbers[position] % 26)
            return letter if character.islower() else letter.upper()

        return "".join(other(index, each) if each.isalnum() else each for index, each in enumerate(text))

    def _digits(self, text: str) -> str:
        """A made-up number with as many digits, by a permutation of all numbers of this length: different numbers stay different.

        It is a Feistel network over the two halves of the number, repeated until the result has this length (cycle walking,
        Black and Rogaway, 2002).
        """
        number = int(text)
        size = len(str(number))
        least, half = 10 ** (size - 1), -(-((10**size).bit_length()) // 2)
        while text.strip("0"):
            left, right = number >> half, number & ((1 << half) - 1)
            for turn in range(8):
                mixed = int(self._hex(f"digits{size}.{turn}", str(right)), 16) & ((1 << half) - 1)
                left, right = right, left ^ mixed
            number = left << half | right
            if least <= number < 10 * least:
                break
        return str(number).zfill(len(text))

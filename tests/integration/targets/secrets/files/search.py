# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches files for secrets: search.py ORDER FILE..., where ORDER is a JSON file with

- needles: secrets by name; they are searched for in plain text, percent-encoded, in base64 and in hexadecimal,
- digests: the first twelve hexadecimal digits of the SHA-256 of tokens that only the simulator knows,
- length: the number of characters of such a token.

Prints its findings as JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> dict[str, str]:
    data = secret.encode()
    # The base64 of a text depends on its offset in the encoded data, modulo 3. The characters at both ends are left out, because they
    # also depend on the neighbouring bytes.
    encoded = {
        f"base64-{shift}": base64.b64encode(b"\0" * shift + data).decode()[(0, 2, 3)[shift] : -4] for shift in range(3)
    }
    quoted = {} if secret.isalnum() else {"quoted": quote(secret, safe="")}
    return {"plain": secret, **quoted, "hex": data.hex(), **encoded}


def tokens(text: str, digests: set[str], length: int) -> list[str]:
    """The substrings of `length` characters whose digest is one of `digests`."""
    found = []
    for match in re.finditer(rf"[A-Za-z0-9_-]{{{length},}}", text):
        run = match.group()
        for start in range(len(run) - length + 1):
            piece = run[start : start + length]
            if hashlib.sha256(piece.encode()).hexdigest()[:12] in digests:
                found.append(piece)
    return found


def main(order: str, *files: str) -> None:
    wanted = json.loads(Path(order).read_text("utf-8"))
    digests = set(wanted["digests"])
    found = []
    for file in files:
        text = Path(file).read_text("utf-8", "replace")
        for name, secret in wanted["needles"].items():
            found += [f"{file}: {name}, {form}" for form, needle in forms(secret).items() if needle in text]
        found += [f"{file}: a token" for _token in tokens(text, digests, int(wanted["length"]))]
        found += [f"{file}: an assertion" for _each in re.findall(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", text)]
    print(
        json.dumps({"found": found, "characters": sum(len(Path(file).read_text("utf-8", "replace")) for file in files)})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

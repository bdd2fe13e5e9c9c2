"""What a page of ours may do in a browser: run its own scripts and styles, those inside it named by their hashes, and ask no host for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

OWN_FILES = "'self' file:"
"""Files that lie beside a page, on a server or on a disk."""


def content_policy(
    *, styles: Iterable[str] = (), scripts: Iterable[str] = (), attributes: Iterable[str] = (), beside: str = ""
) -> str:
    """The content security policy of a page.

    Parameters
    ----------
    styles, scripts
        The text inside each ``<style>`` and ``<script>`` element, every blank and line break included.
    attributes
        Texts of ``style`` attributes.
    beside
        What the page loads from files beside it: ``""`` nothing, as a self-contained page; ``"pictures"``; ``"all"`` of pictures,
        scripts, style sheets, and what they ask for.

    Returns
    -------
    For ``<meta http-equiv="Content-Security-Policy">``. What is not named does not run: no other script, no style in an attribute,
    no request; pictures may be data of the page itself.

    Examples
    --------
    >>> content_policy(scripts=["alert('Hello, world.');"])
    "default-src 'none'; style-src 'none'; script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='; img-src data:; base-uri 'none'; form-action 'none'"
    """
    of_attributes = _hashes(attributes)
    inside = [*_hashes(styles), *(["'unsafe-hashes'", *of_attributes] if of_attributes else [])]
    files = [OWN_FILES] if beside == "all" else []
    pictures = f"{OWN_FILES} data:" if beside else "data:"
    asked = "connect-src 'self'; worker-src 'self'; " if beside == "all" else ""
    return (
        f"default-src 'none'; style-src {_sources([*files, *inside])}; script-src {_sources([*files, *_hashes(scripts)])}; "
        f"img-src {pictures}; {asked}base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Iterable[str]) -> list[str]:
    named = (base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in texts)
    return [f"'sha256-{one}'" for one in dict.fromkeys(named)]


def _sources(sources: Iterable[str]) -> str:
    return " ".join(sources) or "'none'"

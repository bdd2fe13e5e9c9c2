"""What a page of ours may do in a browser: run its own scripts and styles, named by their hashes, and ask no host for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def content_policy(*, styles: Iterable[str] = (), scripts: Iterable[str] = ()) -> str:
    """The content security policy of a self-contained page.

    Parameters
    ----------
    styles, scripts
        The text inside each ``<style>`` and ``<script>`` element, every blank and line break included.

    Returns
    -------
    For ``<meta http-equiv="Content-Security-Policy">``. What is not named does not run: no other script, no style in an attribute,
    no request; pictures may be data of the page itself.

    Examples
    --------
    >>> content_policy(scripts=["alert('Hello, world.');"])
    "default-src 'none'; style-src 'none'; script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='; img-src data:; base-uri 'none'; form-action 'none'"
    """
    return (
        f"default-src 'none'; style-src {_sources(styles)}; script-src {_sources(scripts)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sources(texts: Iterable[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in texts]
    return " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"

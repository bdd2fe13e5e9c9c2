"""What may stand as a source: a publication, a label, a registry; never a copy scraped from one, an advertisement or a chatbot.

Where a source was *seen* may be anything (`seen_at`), so that a reader can look again; what it *is* stands in `source`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from livingdrug.foundation.errors import CatalogError

NO_SOURCE = (
    # copies of labels and papers on pages of other trades, mirrors and proxies
    "120ty.net", "jsintl.com.cn", "tucasafacilonline.com", "jpshuntong.com", "study.space", "medluna.com", "ash-sap.org",
    "http3.lol", "cricutcom-setup.com", "starkravinghealth.com", "vercel.app", "47.251.13.51", "reviewer.ly", "vdocuments.site",
    # servers of editors and testers that the public is not meant to see
    "preview-www.nature.com", "qa00.mdedge.com", "uat.mimsdev.com", "staging.bloodcancerstoday.com",
    # pages that gather abstracts by topic
    "discovery.researcher.life",
    # advertisements in magazines
    "joomag.com",
    # chatbots and calculators without an author
    "droracle.ai", "aihaoyisheng.com",
)  # fmt: skip
"""Hosts that are no source."""
_FOUND = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, NO_SOURCE))})(?![\w-])")
KEYS = ("source", "sources")


def no_source(text: str) -> str:
    """The host in a text that is no source; empty for none.

    >>> no_source("http://www.120ty.net/bencandy.php?aid=55009"), no_source("doi:10.1056/NEJMoa1709866")
    ('120ty.net', '')
    """
    found = _FOUND.search(text)
    return found.group() if found else ""


def check_sources(table: Mapping[str, Any], file: str) -> None:
    """Refuse a file whose ``source`` or ``sources`` names a host that is none.

    Parameters
    ----------
    table
        The file as read.
    file
        Its name, for the message.

    Raises
    ------
    CatalogError
        Says where, which host, and what to do.
    """
    for place, text in _sources(table, ""):
        if host := no_source(text):
            raise CatalogError(
                f'{file}, "{place}": {host} is no source (a copy, an advertisement, a topic page or a chatbot).\n'
                '  Name the publication or label itself, put the page into "seen_at", and write status = "unverified"'
                " where the publication is not known."
            )


def _sources(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """("parameter.x.source", text) of every source in a table."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{place}.{key}" if place else str(key)
            if key in KEYS:
                texts = value if isinstance(value, list) else [value]
                yield from ((here, one) for one in texts if isinstance(one, str))
            if key not in KEYS or isinstance(value, Mapping):
                yield from _sources(value, here)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _sources(value, f"{place}.{number}")

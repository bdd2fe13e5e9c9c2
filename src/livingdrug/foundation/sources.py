"""What may stand as a source: a publication, a label, a registry; never an address alone, a copy scraped from one, an advertisement or a chatbot.

Where a source was *seen* may be anything (`seen_at`), so that a reader can look again; what it *is* stands in `source`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
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
    # advertisements in magazines, announcements of companies, news
    "joomag.com", "marketscreener.com", "pharmiweb.com", "medthority.com", "hematologyadvisor.com", "cancernetwork.com",
    # digests and indexes of papers, monographs of drugs
    "acemap.info", "journaljams.org", "rxreasoner.com", "empr.com", "medscape.com", "drugs.com",
    # chatbots and calculators without an author
    "droracle.ai", "aihaoyisheng.com",
)  # fmt: skip
"""Hosts that are no source."""
_FOUND = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, NO_SOURCE))})(?![\w-])")
_DOI = re.compile(r"(?:https?://)?(?:dx\.)?doi\.org/10\.\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<![\w./:-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLACES = frozenset({
    "and", "the", "see", "tab", "table", "tables", "fig", "figure", "figures", "section", "sections", "page", "pages", "abstract",
    "supplement",
})  # fmt: skip
KEYS = ("source", "sources")


def no_source(text: str) -> str:
    """The host in a text that is no source; empty for none.

    >>> no_source("http://www.120ty.net/bencandy.php?aid=55009"), no_source("HTTPS://WWW.Drugs.COM/x"), no_source("doi:10.1056/NEJMoa1709866")
    ('120ty.net', 'drugs.com', '')
    """
    lowered = text.lower()  # hosts are alike in any case
    if not any(host in lowered for host in NO_SOURCE):
        return ""
    found = _FOUND.search(lowered)
    return found.group() if found else ""


def bare_address(text: str) -> str:
    """The address in a text that says nothing of what is found there; empty where a citation stands, or no address.

    The address of a DOI is a citation. A table, figure or page beside an address is none.

    >>> bare_address("https://pmc.ncbi.nlm.nih.gov/articles/PMC8344270, Table 1")
    'https://pmc.ncbi.nlm.nih.gov/articles/PMC8344270'
    >>> bare_address("https://doi.org/10.1056/NEJMoa1709866"), bare_address("Maude 2018, https://pubmed.ncbi.nlm.nih.gov/29385370")
    ('', '')
    """
    if "/" not in text and "www." not in text.lower():
        return ""
    left = _DOI.sub("citation", text)
    found = _ADDRESS.search(left)
    if found is None:
        return ""
    told = any(word.lower() not in _PLACES for word in _WORD.findall(_ADDRESS.sub(" ", left)))
    return "" if told else found.group().rstrip(".,;:)")


def check_sources(table: Mapping[str, Any], file: str) -> None:
    """Refuse a file whose ``source`` or ``sources`` is an address alone, or names a host that is none.

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
    if all(map(_is_source, _texts(table))):
        return
    for place, text in every_source(table, ""):
        if host := no_source(text):
            raise CatalogError(
                f'{file}, "{place}": {host} is no source (a copy, an announcement, news, a digest or a chatbot).\n'
                '  Name the publication or label itself, put the page into "seen_at", and write status = "unverified"'
                " where the publication is not known."
            )
        if address := bare_address(text):
            raise CatalogError(
                f'{file}, "{place}": {address} is an address, where somebody saw it; expected what it is.\n'
                "  Name the publication (authors, journal, year, page, or its DOI), or the label with its date and section; put the"
                ' address into "seen_at".'
            )


@lru_cache(maxsize=8192)
def _is_source(text: str) -> bool:
    """Whether there is nothing to say against a source: most stand in many files."""
    return not no_source(text) and not bare_address(text)


def _texts(table: Mapping[str, Any]) -> set[str]:
    """The texts of `every_source`, without their places: these are wanted only where something is wrong."""
    found: set[str] = set()
    waiting: list[Any] = [table]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            for key, value in node.items():
                if key in KEYS:
                    found.update(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
                    if isinstance(value, Mapping):
                        waiting.append(value)
                elif isinstance(value, (dict, list, Mapping)):
                    waiting.append(value)
        elif isinstance(node, list):
            waiting += [one for one in node if isinstance(one, (dict, list, Mapping))]
    return found


def every_source(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """("parameter.x.source", text) of every source in a table."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{place}.{key}" if place else str(key)
            if key in KEYS:
                texts = value if isinstance(value, list) else [value]
                yield from ((here, one) for one in texts if isinstance(one, str))
            if key not in KEYS or isinstance(value, Mapping):
                yield from every_source(value, here)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from every_source(value, f"{place}.{number}")

"""Every source of a run as BibTeX: what the catalogue noted, nothing added; a DOI or an address where one is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from livingdrug.reports.references import Reference

_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s,;]+[^\s,;.)])")
_ADDRESS = re.compile(r"https?://[^\s,;]+[^\s,;.)]")
_SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
            "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}  # fmt: skip


def bibtex(references: Sequence[Reference], version: str) -> str:
    """One entry a source, each with its own key, and one for the program.

    Parameters
    ----------
    references
        From `livingdrug.reports.references.references`.
    version
        Of livingdrug.

    Examples
    --------
    >>> from livingdrug.reports.references import Reference
    >>> print(bibtex([Reference("Frey 2010, doi:10.1177/0091270009350623", "model parameters", "read")], "0.1"))
    @software{livingdrug,
      title = {livingdrug: CAR T-cell therapy in silico. Simulation; not for patient care},
      version = {0.1},
    }
    <BLANKLINE>
    @misc{frey2010,
      title = {Frey 2010},
      doi = {10.1177/0091270009350623},
      note = {Used for model parameters. Status: read},
    }
    <BLANKLINE>
    """
    entries = [
        _entry("software", "livingdrug", {"title": "livingdrug: CAR T-cell therapy in silico. Simulation; not for patient care", "version": version})
    ]  # fmt: skip
    keys: set[str] = set()
    for one in references:
        doi, address = _DOI.search(one.name), _ADDRESS.search(one.name)
        words = one.name.replace(address[0], "") if address else one.name
        words = re.sub(r"(doi:\s*)?\b10\.\d{4,9}/[^\s,;]+[^\s,;.)]", "", words) if doi else words
        title = re.sub(r"\s+", " ", words).strip(" ,;:.()") or one.name
        told = {"title": _escaped(title), "doi": doi[1] if doi else "", "url": address[0] if address else "",
                "note": _escaped(f"Used for {one.uses}. Status: {one.status}")}  # fmt: skip
        entries.append(_entry("misc", _key(title, keys), told))
    return "\n".join(entries)


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _key(title: str, taken: set[str]) -> str:
    """A key of small letters and digits: the first words of a title; a number where it is taken."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"https?://(www\.)?", "", title.lower()))
    base = "".join(parts[:4])[:32] or "source"
    key, again = base, 2
    while key in taken:
        key, again = f"{base}x{again}", again + 1
    taken.add(key)
    return key


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)

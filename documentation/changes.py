"""The page of what changed: the changelog, then the fragments of changes/ since the last release, by kind."""

from __future__ import annotations

import re
from pathlib import Path

from documentation.outside import inward

KINDS = {"results": "Results: numbers that moved", "breaking": "Breaking", "feature": "New", "fix": "Mended"}
PAGE = "changes.md"


def changes_page(root: Path, wanted: dict[str, str]) -> str:
    """The page, in Markdown; files of the checkout that it leads to are noted in `wanted`."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for file in sorted((root / "changes").glob("[0-9]*.md"), key=_number):
        text = inward(file.read_text(encoding="utf-8"), f"changes/{file.name}", PAGE, root, wanted)
        by_kind[file.name.split(".")[1]].append(re.sub(r"^#+ (.+)$", r"**\1**", text.strip(), flags=re.M))
    page = inward((root / "CHANGELOG.md").read_text(encoding="utf-8"), "CHANGELOG.md", PAGE, root, wanted).rstrip()
    for kind, heading in KINDS.items():
        if by_kind[kind]:
            page += f"\n\n### {heading}\n\n" + "\n\n".join(by_kind[kind])
    return page + "\n"


def _number(file: Path) -> tuple[int, str]:
    return (-int(file.name.split(".")[0]), file.name)

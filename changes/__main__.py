"""The section of CHANGELOG.md that a release gets, from the fragments of this folder.

    python -m changes 0.2.0            # fragments beside this file move to changes/0.2.0/, and the section is written from that folder
    python -m changes 0.2.0 --check    # says whether the section is what the folder gives; writes nothing

Run again for the same version, it takes in what came since: the section is always written anew from the whole folder.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
CHANGELOG = HERE.parent / "CHANGELOG.md"
CITATION = HERE.parent / "CITATION.cff"
KINDS = {
    "breaking": "What scripts and files have to change",
    "feature": "New",
    "results": "Results: numbers that moved",
    "fix": "Mended",
}
UNRELEASED = "## Unreleased\n\nSee [changes/](changes/).\n"


def fragments(folder: Path) -> list[Path]:
    """The fragments of a folder, by issue, then by name."""
    found = [path for path in folder.glob("*.md") if path.name != "README.md"]
    strange = [path.name for path in found if not re.fullmatch(rf"\d+\.({'|'.join(KINDS)})(\.\w+)?\.md", path.name)]
    if strange:
        raise SystemExit(
            f"{folder}: {', '.join(strange)}: expected <issue>.<kind>[.<word>].md with a kind of {', '.join(KINDS)}"
        )
    return sorted(found, key=lambda path: (int(path.name.split(".")[0]), path.name))


def section(version: str, day: str, folder: Path) -> str:
    """The section of one release, in Markdown: a heading for each kind, an item for each fragment."""
    parts = [f"## {version} ({day})\n"]
    for kind, heading in KINDS.items():
        told = [item(path.read_text(encoding="utf-8")) for path in fragments(folder) if path.name.split(".")[1] == kind]
        if told:
            parts.append(f"### {heading}\n\n" + "\n".join(told) + "\n")
    return "\n".join(parts)


def item(text: str) -> str:
    """One fragment as items of a list; its links are told from the root of the repository."""
    text = re.sub(r"\]\((?:\.\./)+", "](", text.strip())
    if text.startswith("- "):
        return text
    first, *others = text.splitlines()
    return "\n".join([f"- {first}", *(f"  {line}" if line else "" for line in others)])


def with_section(changelog: str, version: str, new: str) -> str:
    """The changelog with the section of this version put in, or put in the old one's place."""
    head, _, rest = changelog.partition(UNRELEASED)
    if not _:
        raise SystemExit(
            f"{CHANGELOG} has no section {UNRELEASED.splitlines()[0]!r} that links to changes/; put it back."
        )
    rest = re.sub(rf"(?ms)^## {re.escape(version)} .*?(?=^## |\Z)", "", rest).strip("\n")
    return f"{head}{UNRELEASED}\n{new}" + (f"\n{rest}\n" if rest else "")


def project_version() -> str:
    """The version in pyproject.toml."""
    return tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def release_day() -> str:
    """The day of the release, from CITATION.cff: it stands in one place."""
    found = re.search(r"(?m)^date-released: \"?([\d-]+)", CITATION.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(
            f"{CITATION}: date-released is missing; write the day of the release there, such as 2026-11-29"
        )
    return found[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m changes", description=__doc__.splitlines()[0])
    parser.add_argument("version")
    parser.add_argument("--check", action="store_true", help="only say whether the section is current")
    asked = parser.parse_args()
    if asked.version != project_version():
        raise SystemExit(
            f"{asked.version} is not the version in pyproject.toml ({project_version()}); change that first."
        )
    folder, old = HERE / asked.version, CHANGELOG.read_text(encoding="utf-8")
    if asked.check:
        current = with_section(old, asked.version, section(asked.version, release_day(), folder)) == old
        print(
            "current"
            if current
            else f"CHANGELOG.md is not what {folder.name}/ gives: python -m changes {asked.version}"
        )
        return 0 if current else 1
    folder.mkdir(exist_ok=True)
    for path in fragments(HERE):
        moved = re.sub(r"\]\((?=\.\./)", "](../", path.read_text(encoding="utf-8"))  # its links lead up once more
        (folder / path.name).write_text(moved, encoding="utf-8", newline="\n")
        path.unlink()
    new = with_section(old, asked.version, section(asked.version, release_day(), folder))
    CHANGELOG.write_text(new, encoding="utf-8", newline="\n")
    print(f"{CHANGELOG.name}: section {asked.version} from {len(fragments(folder))} fragments")
    return 0


if __name__ == "__main__":
    sys.exit(main())

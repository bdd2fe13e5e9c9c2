"""Runs the commands that pages give for their own tables: after a change of numbers or equations every table tells the model again.

python examples/refresh.py                                   lists pages and their commands
python examples/refresh.py all                               runs every one (tens of minutes)
python examples/refresh.py docs/trials docs/calibration.md   those of some pages or folders
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from asking import asking, told

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"python ((?:examples/\w+\.py|-m livingdrug\.[\w.]+)[^`\n]*?)(?=`|\n|$)")


def commands() -> dict[Path, list[str]]:
    """Page -> commands that write tables of it, as the pages state them."""
    found = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        own = str(page.relative_to(ROOT))
        written = [match.strip() for match in COMMAND.findall(page.read_text(encoding="utf-8"))]
        here = [one for one in dict.fromkeys(written) if one.split()[-1] in (own, str(Path(own).parent))]
        if here:
            found[page] = here
    return found


def main() -> int:
    """Lists or runs; 1 where a command failed."""
    asked = asking(__doc__)
    asked.add_argument("pages", nargs="*", help="all, or pages and folders of docs; nothing lists the commands")
    pages = asked.parse_args().pages
    for one in pages:
        if one != "all" and not (ROOT / one).exists():
            asked.error(f'there is no page or folder "{one}"')
    failed = 0
    chosen = [ROOT / one for one in pages if one != "all"]
    for page, several in commands().items():
        if chosen and not any(page == one or one in page.parents for one in chosen):
            continue
        for command in several:
            print(f"{page.relative_to(ROOT)}: python {command}", flush=True)
            if pages:
                done = subprocess.run(
                    [sys.executable, *shlex.split(command)], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
                )
                failed += done.returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    told(main)

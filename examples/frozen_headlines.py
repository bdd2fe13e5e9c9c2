"""What a freeze predicted, in a few numbers a trial: a table from its own file, for the page of predictions.

python examples/frozen_headlines.py docs/predictions/README.md    writes it into the page, between its markers
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from livingdrug.model.pages import table, with_generated

HEADLINES = {
    "overall response, treated, %": ("lugano_orr", "imwg_orr", "cr_cri_3mo"),
    "complete response, treated, %": ("lugano_cr", "imwg_cr", "cr_3mo"),
    "PFS or EFS at 12 months, enrolled, %": ("pfs_enrolled", "efs_enrolled"),
    "overall survival at 12 months, enrolled, %": ("os_enrolled",),
    "CRS, grade 3 or more, %": ("crs_severe_lee", "crs_severe_astct"),
    "ICANS, grade 3 or more, %": ("icans_severe",),
    "infused, %": ("infused",),
}
LONG = ("pfs_enrolled", "efs_enrolled", "os_enrolled")


def text(rows: list[dict[str, str]]) -> str:
    """One table of arms, one of what lies between the arms of randomised trials."""
    arms = list(dict.fromkeys((row["trial"], row["arm"]) for row in rows if " over " not in row["arm"]))
    lines = [[trial, arm, *(_cell(rows, trial, arm, names) for names in HEADLINES.values())] for trial, arm in arms]
    between = [row for row in rows if row["endpoint"].endswith("hazard ratio")]
    hazard = []
    for row in between:
        test = row["endpoint"].replace("hazard ratio", "test positive [percent of trials]")
        positive = next(one for one in rows if (one["trial"], one["endpoint"]) == (row["trial"], test))
        what = row["endpoint"].removesuffix(": hazard ratio")
        hazard.append([row["trial"], row["arm"], what, _told(row, 2), _told(positive, 0, with_interval=False)])
    return "\n\n".join(
        [
            table(["trial", "arm", *HEADLINES], lines),
            table(["trial", "arms", "time to", "hazard ratio", "test positive, % of trials"], hazard),
        ]
    )


def _cell(rows: list[dict[str, str]], trial: str, arm: str, names: tuple[str, ...]) -> str:
    for name in names:
        for row in rows:
            at = "12 month" if name in LONG else row["timepoint"]
            if (row["trial"], row["arm"], row["endpoint"], row["timepoint"]) == (trial, arm, name, at):
                return _told(row, 0)
    return "–"


def _told(row: dict[str, str], digits: int, *, with_interval: bool = True) -> str:
    middle, low, high = (f"{float(row[name]):.{digits}f}" for name in ("predicted", "predicted_low", "predicted_high"))
    return f"{middle} ({low} to {high})" if with_interval else middle


def frozen_rows(folder: Path) -> list[dict[str, str]]:
    """Rows of the newest freeze in a folder of predictions."""
    frozen_on = {path: json.loads(path.read_text(encoding="utf-8"))["frozen_on"] for path in folder.glob("*.json")}
    newest = max(frozen_on, key=lambda path: frozen_on[path]).with_suffix(".csv")
    with newest.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_generated(page.read_text(encoding="utf-8"), text(frozen_rows(page.parent))), encoding="utf-8")

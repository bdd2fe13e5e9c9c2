"""What each freeze predicted, in a few numbers a trial: tables from its own file, for the page of predictions.

python examples/frozen_headlines.py docs/predictions/README.md    writes it into the page, between its markers
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from asking import a_page, asking, told

from livingdrug.model.pages import table, write_generated

HEADLINES = {
    "overall response, treated, %": ("lugano_orr", "imwg_orr", "cr_cri_3mo", "recist_orr"),
    "complete response, treated, %": ("lugano_cr", "imwg_cr", "cr_3mo"),
    "disease control, treated, %": ("recist_dcr",),
    "PFS or EFS at 12 months, enrolled, %": ("pfs_enrolled", "efs_enrolled"),
    "overall survival at 12 months, enrolled, %": ("os_enrolled",),
    "CRS, grade 3 or more, %": ("crs_severe_lee", "crs_severe_astct"),
    "ICANS, grade 3 or more, %": ("icans_severe",),
    "infused, %": ("infused",),
}
LONG = ("pfs_enrolled", "efs_enrolled", "os_enrolled")


def text(folder: Path) -> str:
    """Every freeze in the order of time: what it is, a table of arms, one of what lies between the arms of randomised trials."""
    told = [(json.loads(path.read_text(encoding="utf-8")), path) for path in folder.glob("*.json")]
    told.sort(key=lambda one: one[0]["frozen_on"])
    return "\n\n".join(_one(facts, path) for facts, path in told)


def _one(facts: dict, path: Path) -> str:
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    head = (
        f"**{facts['frozen_on']}**, tag `{facts['tag']}`: {len(rows)} numbers of {len(facts['designs_sha256'])} trials,"
        f" [table]({path.stem}.csv), [hashes]({path.name}), [log](log.md). {facts['replicates']} trials of each at its own size, seed {facts['seed']}."
    )
    standing = [f"- `{trial}`: {'; '.join(lines)}" for trial, lines in facts.get("standing", {}).items()]
    return "\n\n".join([head, *(["\n".join(standing)] if standing else []), *tables(rows)])


def tables(rows: list[dict[str, str]]) -> list[str]:
    """One table of arms, without columns that are empty; one of what lies between the arms of randomised trials, where there is one."""
    arms = list(dict.fromkeys((row["trial"], row["arm"]) for row in rows if " over " not in row["arm"]))
    cells = {
        head: [_cell(rows, trial, arm, names) for trial, arm in arms]
        for head, names in HEADLINES.items()
    }  # fmt: skip
    kept = {head: column for head, column in cells.items() if any(cell != "–" for cell in column)}
    lines = [[*arm, *row] for arm, row in zip(arms, zip(*kept.values(), strict=True), strict=True)]
    between = [row for row in rows if row["endpoint"].endswith("hazard ratio")]
    hazard = []
    for row in between:
        test = row["endpoint"].replace("hazard ratio", "test positive [percent of trials]")
        positive = next(one for one in rows if (one["trial"], one["endpoint"]) == (row["trial"], test))
        what = row["endpoint"].removesuffix(": hazard ratio")
        hazard.append([row["trial"], row["arm"], what, _told(row, 2), _told(positive, 0, with_interval=False)])
    found = [table(["trial", "arm", *kept], lines)]
    return (
        [*found, table(["trial", "arms", "time to", "hazard ratio", "test positive, % of trials"], hazard)]
        if hazard
        else found
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


def main() -> None:
    """Writes the page's tables."""
    asked = asking(__doc__)
    asked.add_argument("page", type=a_page, help="docs/predictions/README.md")
    page = asked.parse_args().page
    write_generated(page, text(page.parent))


if __name__ == "__main__":
    told(main)

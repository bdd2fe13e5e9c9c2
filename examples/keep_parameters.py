"""Keep a calibration as small as it can be repeated from: its point, uncertainty and draws, and what was asked.

python examples/keep_parameters.py runs/fit docs/predictions/parameters

The point keeps every digit, so that its hash holds; draws keep five significant digits and correlations three decimals. The folder stands in
place of the calibration's: `--parameters docs/predictions/parameters`.
"""

from __future__ import annotations

import json
from pathlib import Path

from asking import a_folder, asking, told

KEPT = ("parameters.json", "calibration.json")


def main() -> None:
    """Read the calibration's folder, write the kept one."""
    asked = asking(__doc__)
    asked.add_argument("calibration", type=a_folder, help="folder of the calibration")
    asked.add_argument("kept", type=Path, help="folder to write")
    given = asked.parse_args()
    found, kept = given.calibration, given.kept
    kept.mkdir(parents=True, exist_ok=True)
    point = json.loads((found / KEPT[0]).read_text(encoding="utf-8"))
    point["draws"] = [[float(f"{value:.5g}") for value in draw] for draw in point["draws"]]
    point["correlation"] = [[round(value, 3) for value in row] for row in point["correlation"]]
    point["sd_on_scale"] = {name: float(f"{value:.4g}") for name, value in point["sd_on_scale"].items()}
    settings = json.loads((found / KEPT[1]).read_text(encoding="utf-8"))
    for name, content in zip(KEPT, (point, settings), strict=True):
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        (kept / name).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    told(main)

"""Keep a calibration as small as it can be repeated from: its point, uncertainty and draws, and what was asked.

python examples/keep_parameters.py runs/fit docs/predictions/parameters

The point keeps every digit, so that its hash holds; draws keep five significant digits and correlations three decimals. The folder stands in
place of the calibration's: `--parameters docs/predictions/parameters`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

KEPT = ("parameters.json", "calibration.json")


def main(arguments: list[str]) -> int:
    """Read the calibration's folder, write the kept one."""
    if len(arguments) != 2:
        print(__doc__)
        return 2
    found, kept = map(Path, arguments)
    kept.mkdir(parents=True, exist_ok=True)
    told = json.loads((found / KEPT[0]).read_text(encoding="utf-8"))
    told["draws"] = [[float(f"{value:.5g}") for value in draw] for draw in told["draws"]]
    told["correlation"] = [[round(value, 3) for value in row] for row in told["correlation"]]
    told["sd_on_scale"] = {name: float(f"{value:.4g}") for name, value in told["sd_on_scale"].items()}
    asked = json.loads((found / KEPT[1]).read_text(encoding="utf-8"))
    for name, content in zip(KEPT, (told, asked), strict=True):
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        (kept / name).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

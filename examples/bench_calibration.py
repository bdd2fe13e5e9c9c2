"""The few numbers that an experiment at the bench or in mice has of its own, set to its rows for calibration: growth first, without CAR T cells, then the rest.

python examples/bench_calibration.py glioma_killing tumour_start,tumour_growth,tumour_capacity contact_here,niche_here,room
python examples/bench_calibration.py myeloma_xenograft tumour_start,tumour_growth contact_here,niche_here

Prints what to write into the experiment's file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from asking import asking, told
from scipy.optimize import least_squares

from livingdrug.trial.bench import Work, courses, prepared


def fitted(work: Work, names: Sequence[str], *, treated: bool) -> dict[str, float]:
    """Values of these parameters that bring the typical subject nearest to the rows for calibration, by logarithms."""
    record = work.record
    rows = [
        row
        for row in record.measured
        if row.use == "calibration" and (record.condition[row.condition].cells > 0) == treated
    ]
    begin = [work.quantities[name].value for name in names]

    def off(logs: np.ndarray) -> np.ndarray:
        for name, value in zip(names, np.exp(logs), strict=True):
            work.quantities[name] = work.quantities[name].model_copy(update={"value": float(value)})
        days, found = courses(work, 1, 1, False)
        at = [found[row.condition][0][0, int(np.abs(days - row.day).argmin())] for row in rows]
        # a reading below the floor asks only that the simulated one is there, too
        low = record.readout.floor
        return np.array(
            [
                np.log(max(one, low if row.value <= low else 0.0) / max(row.value, low))
                for one, row in zip(at, rows, strict=True)
            ]
        )

    start = np.log(begin)
    best = least_squares(off, start, bounds=(start - 2.3, start + 2.3), diff_step=1e-3)
    off(best.x)
    print(f"{len(rows)} rows, root mean square of the logarithm {np.sqrt(np.mean(best.fun**2)):.2f}")
    return dict(zip(names, np.exp(best.x), strict=True))


def main() -> None:
    """Prints what each number comes to."""
    asked = asking(__doc__)
    asked.add_argument("experiment", help="of the catalogue: glioma_killing, myeloma_xenograft …")
    asked.add_argument("untreated", help="its numbers of growth, by comma")
    asked.add_argument("treated", help="its other numbers, by comma")
    given = asked.parse_args()
    ready = prepared(given.experiment)
    for own, treated in ((given.untreated, False), (given.treated, True)):
        for name, value in fitted(ready, own.split(","), treated=treated).items():
            print(f"{name} = {value:.4g}")


if __name__ == "__main__":
    told(main)

"""Many patients, three years, summaries only, two threads: time and memory from a thousand to a million."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workload import Workload
from livingdrug.engine.summaries import Summary

CHUNK = 2000
DAYS = 3 * 365.25
SUMMARIES = (
    Summary("cmax", "car_t_copies_per_ug", "max"),
    Summary("tmax", "car_t_copies_per_ug", "time_of_max"),
    Summary("auc_0_28", "car_t_copies_per_ug", "auc", first_day=0, last_day=28),
    Summary("last_detectable", "car_t_copies_per_ug", "last_time_above", level=50),
    Summary("neutrophil_nadir", "neutrophils", "min"),
    Summary("relapse_seen", "marrow_tumour_percent", "last_time_above", level=5),
    Summary("crs_onset", "crs_penn", "first_time_above", level=1),
    Summary("days_of_grade_3", "crs_penn", "days_at_level", level=3, first_day=0, last_day=30),
)


def grow(work: Workload, sizes: tuple[int, ...], threads: int = 2, rtol: float = 5e-4) -> Iterator[dict[str, float]]:
    """Seconds and peak memory for each number of patients; patients beyond those of `work` are the same ones again."""
    model = work.compiled(outputs=(), summaries=SUMMARIES)
    checks = work.checks[work.checks <= DAYS]
    some = work.first(CHUNK)

    def chunk(n: int) -> Any:
        part = some if n == CHUNK else work.first(n)
        return model.run(part.table, checks, np.ones(checks.size), part.doses, rtol=rtol).summaries

    chunk(64)
    with ThreadPoolExecutor(threads) as pool:
        for size in sizes:
            start = time.perf_counter()
            parts = [min(CHUNK, size - first) for first in range(0, size, CHUNK)]
            kept = np.concatenate(list(pool.map(chunk, parts)))
            seconds = time.perf_counter() - start
            assert kept.shape == (size, len(SUMMARIES))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            yield {
                "patients": size,
                "seconds": seconds,
                "bytes_at_most": memory,
                "us_per_patient": 1e6 * seconds / size,
            }


def plot(rows: list[dict[str, float]], path: Path) -> None:
    """Seconds against patients as a small SVG, both axes logarithmic, with the straight line of equal cost."""
    width, height, left, bottom = 420, 300, 60, 40
    x = [np.log10(row["patients"]) for row in rows]
    y = [np.log10(row["seconds"]) for row in rows]
    x0, x1, y0, y1 = min(x) - 0.2, max(x) + 0.2, np.floor(min(y)), np.ceil(max(y))

    def place(a: float, b: float) -> tuple[float, float]:
        return (
            left + (a - x0) / (x1 - x0) * (width - left - 15),
            height - bottom - (b - y0) / (y1 - y0) * (height - bottom - 15),
        )

    middle = np.mean(np.array(y) - np.array(x))
    ends = [place(a, a + middle) for a in (x[0], x[-1])]
    text = 'font-family="sans-serif" font-size="12" fill="#333"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">']
    parts.append("<title>Seconds against patients: summaries of three years on two threads</title>")
    parts.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    for power in range(int(np.ceil(x0)), int(np.floor(x1)) + 1):
        px, py = place(power, y0)
        parts.append(f'<text x="{px:.0f}" y="{py + 18:.0f}" text-anchor="middle" {text}>10^{power}</text>')
    for power in range(int(y0), int(y1) + 1):
        px, py = place(x0, power)
        parts.append(f'<text x="{px - 6:.0f}" y="{py + 4:.0f}" text-anchor="end" {text}>{10.0**power:g} s</text>')
        parts.append(f'<line x1="{px:.0f}" x2="{width - 15}" y1="{py:.1f}" y2="{py:.1f}" stroke="#ddd"/>')
    (ax, ay), (bx, by) = ends
    parts.append(
        f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="#999" stroke-dasharray="4 3"/>'
    )
    for a, b in zip(x, y, strict=True):
        px, py = place(a, b)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="#1f6f8b"/>')
    parts.append(
        f'<text x="{(left + width) / 2:.0f}" y="{height - 6}" text-anchor="middle" {text}>patients</text></svg>'
    )
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")

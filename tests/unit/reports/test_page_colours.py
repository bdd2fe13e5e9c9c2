"""Contrast and colour vision, computed from the style sheet.

Expected: WCAG 2.1 (relative luminance; 4.5 to 1 for text, 3 to 1 for graphics), and the matrices for full protanopia, deuteranopia and
tritanopia of Machado, Oliveira and Fernandes 2009 (doi:10.1109/TVCG.2009.113), with distances in CIE 1976 L*a*b* (D65). Twenty such
units are eight times what can just be told apart side by side; twice that would leave no four colours of enough contrast.
"""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from livingdrug.reports.html import TEMPLATES

VISION = {
    "full": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
APART = 20.0
CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")


def palette(selector: str) -> dict[str, str]:
    block = CSS[CSS.index(selector) :]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block[: block.index("}")]))


PAPERS = {"light": palette(":root {"), "dark": palette(':root[data-theme="dark"] {')}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        light, 0, 1
    )
    f = xyz / [0.95047, 1.0, 1.08883]
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("paper", PAPERS)
def test_text_and_graphics_have_contrast(paper):
    colours = PAPERS[paper]
    for role in ("ink", "soft", "faint", "s1", "alarm", "good"):
        for ground in ("paper", "raised", "misfit-tint"):
            assert contrast(colours[role], colours[ground]) >= 4.5, (role, ground)
    for role in ("s0", "s1", "s2", "s3", "edge", "g4", "published"):
        assert contrast(colours[role], colours["paper"]) >= 3.0, role


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("paper", PAPERS)
def test_arms_can_be_told_apart(paper, vision):
    seen = {role: lab(np.array(VISION[vision]) @ linear(PAPERS[paper][role])) for role in ("s0", "s1", "s2", "s3")}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= APART, (one, other)

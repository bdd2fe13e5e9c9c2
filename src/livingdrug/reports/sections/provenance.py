"""What this run is made of, where its numbers come from, and what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livingdrug.reports.page import Note, Section, Table
from livingdrug.reports.references import references
from livingdrug.reports.source import Source
from livingdrug.trial.manifest import code_sha256

ORDER = 120
LIMITS = (
    "This is a simulation. It is for research and teaching, not for the care of any patient.",
    "Confidence intervals show only the chance of drawing these virtual patients; they do not contain the uncertainty of the "
    "model's structure or of its parameters.",
    "Agreement with the trial it was calibrated on is a fit. Only a trial that was never used for calibration tests the model.",
    "Virtual patients are independent and are treated exactly by the rules; hospitals and families are not.",
)


def section(source: Source) -> Section:
    """Versions and hashes, failed courses, sources, limits."""
    manifest: Mapping[str, Any] = source.result.manifest or {}
    parts: list = [_versions(manifest), _failed(source), *_told_by_other_code(source, manifest)]
    sources = tuple((f"[{i}] {r.name}", r.uses, r.status) for i, r in enumerate(references(source), 1))
    if sources:
        note = "read: the number was seen in the source; unverified: recalled, to be checked."
        parts.append(Table(("source", "used for", "status"), sources, title="Sources", note=note, words=(1, 2)))
    parts += [Note(f"{line[:1].upper()}{line[1:]}.") for line in source.standing]
    parts += [Note("Limits. " + " ".join(LIMITS))]
    return Section(
        "provenance",
        "Where this comes from",
        "The same seed and the same hashes give the same numbers, on any machine and with any number of threads.",
        tuple(parts),
    )


def _versions(manifest: Mapping[str, Any]) -> Table:
    rows = []
    for key, words in (
        ("livingdrug", "livingdrug"), ("python", "Python"), ("seed", "Seed"), ("patients", "Patients per arm"), ("arms", "Arms"),
        ("trial_sha256", "Trial (SHA-256)"), ("parameters_sha256", "Parameters and catalogue (SHA-256)"), ("code_sha256", "Code (SHA-256)"),
    ):  # fmt: skip
        value = manifest.get(key)
        if value is not None:
            rows.append((words, ", ".join(value) if isinstance(value, (list, tuple)) else str(value)))
    packages = manifest.get("packages")
    if isinstance(packages, Mapping):
        rows.append(("Packages", ", ".join(f"{name} {version}" for name, version in packages.items())))
    return Table(("", "this run"), tuple(rows) or (("manifest", "this run has none"),), title="This run", words=(1,))


def _told_by_other_code(source: Source, manifest: Mapping[str, Any]) -> tuple[Note, ...]:
    """Of outcomes alone what was seen is not there to be told anew: each patient's outcomes are those of the code that kept them."""
    here = code_sha256()
    if not source.outcomes_alone or manifest.get("code_sha256") == here:
        return ()
    words = "Each patient's outcomes were told by the code named above, and endpoints from them by other code"
    return (Note(f"{words} (SHA-256 {here})."),)


def _failed(source: Source) -> Note:
    failed = source.frame("failed")
    total = source.frame("patients").height
    if failed.height == 0:
        return Note(f"All {total:,} simulated patients are in this report; no course failed.")
    reasons = (
        ", ".join(str(reason) for reason in failed["course_status"].unique().to_list())
        if "course_status" in failed.columns
        else ""
    )
    who = ", ".join(str(p) for p in failed["patient"].head(12).to_list()) if "patient" in failed.columns else ""
    words = f"{failed.height:,} of {total:,} courses did not finish (patients {who}{', …' if failed.height > 12 else ''}): {reasons}."
    return Note(words + " They are left out of the endpoints, and nothing stands in for them.", "missing")

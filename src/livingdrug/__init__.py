"""CAR T-cell therapy in silico, from the blood draw to years of follow-up. Simulation; not for patient care.

The line: Plan -> Cohort -> Lots -> Course -> Seen -> Outcomes -> Endpoints -> Report.

>>> import livingdrug as ld
>>> trial = ld.load_trial("eliana")
>>> result = ld.run(trial, patients=1000, seed=7)                      # doctest: +SKIP
>>> result.endpoint("efs").at([6, 12, 24], "month")                    # doctest: +SKIP
>>> ld.write_report(result, "report.html")                             # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog, load_trial
    from livingdrug.design.characteristics import operating_characteristics
    from livingdrug.design.dose_finding import dose_finding
    from livingdrug.design.replicate import Replicates, replicate
    from livingdrug.design.sensitivity import sensitivity
    from livingdrug.design.typical import typical
    from livingdrug.fitting.fit import fit
    from livingdrug.fitting.kinetics import cellular_kinetics
    from livingdrug.fitting.loading import load_fit
    from livingdrug.fitting.simulation import simulate
    from livingdrug.foundation.errors import BadInput, Interrupted, LivingDrugError, SimulationFailed, UnknownName
    from livingdrug.interop.kinetics.read import read_kinetics
    from livingdrug.interop.sbml import export_sbml
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
    from livingdrug.outcome.estimators.exact_binomial import exact_binomial
    from livingdrug.outcome.estimators.geometric_mean import geometric_mean
    from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
    from livingdrug.outcome.estimators.log_rank import log_rank
    from livingdrug.reports import plot
    from livingdrug.reports.html import write_report
    from livingdrug.trial.compare import compare
    from livingdrug.trial.result import Result
    from livingdrug.trial.run import run

    __version__: str

# Where each public name lives; imported when first asked for, so that importing the package does no work.
_HOMES = {
    "BadInput": "foundation.errors",
    "Catalog": "catalog.load",
    "EndpointResult": "outcome.endpoint_result",
    "Interrupted": "foundation.errors",
    "LivingDrugError": "foundation.errors",
    "Replicates": "design.replicate",
    "Result": "trial.result",
    "SimulationFailed": "foundation.errors",
    "UnknownName": "foundation.errors",
    "cellular_kinetics": "fitting.kinetics",
    "compare": "trial.compare",
    "cumulative_incidence": "outcome.estimators.cumulative_incidence",
    "dose_finding": "design.dose_finding",
    "exact_binomial": "outcome.estimators.exact_binomial",
    "export_sbml": "interop.sbml",
    "fit": "fitting.fit",
    "geometric_mean": "outcome.estimators.geometric_mean",
    "kaplan_meier": "outcome.estimators.kaplan_meier",
    "load_fit": "fitting.loading",
    "load_trial": "catalog.load",
    "log_rank": "outcome.estimators.log_rank",
    "operating_characteristics": "design.characteristics",
    "plot": "reports.plot",
    "read_kinetics": "interop.kinetics.read",
    "replicate": "design.replicate",
    "run": "trial.run",
    "sensitivity": "design.sensitivity",
    "simulate": "fitting.simulation",
    "typical": "design.typical",
    "write_report": "reports.html",
}

__all__ = [
    "BadInput",
    "Catalog",
    "EndpointResult",
    "Interrupted",
    "LivingDrugError",
    "Replicates",
    "Result",
    "SimulationFailed",
    "UnknownName",
    "__version__",
    "cellular_kinetics",
    "compare",
    "cumulative_incidence",
    "dose_finding",
    "exact_binomial",
    "export_sbml",
    "fit",
    "geometric_mean",
    "kaplan_meier",
    "list_drugs",
    "list_endpoints",
    "list_products",
    "list_trials",
    "load_fit",
    "load_trial",
    "log_rank",
    "operating_characteristics",
    "plot",
    "read_kinetics",
    "replicate",
    "run",
    "sensitivity",
    "simulate",
    "typical",
    "write_report",
]


def list_drugs() -> list[str]:
    """Names of all drugs in the catalogue."""
    return _names("drug")


def list_endpoints() -> list[str]:
    """Names of all endpoints in the catalogue."""
    return _names("endpoint")


def list_products() -> list[str]:
    """Names of all CAR T-cell products in the catalogue.

    >>> "tisa_cel" in list_products()
    True
    """
    return _names("product")


def list_trials() -> list[str]:
    """Names of all trials in the catalogue."""
    return _names("trial")


def _names(kind: str) -> list[str]:
    from livingdrug.catalog.load import default_catalog

    return default_catalog().names(kind)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found: Any = version("livingdrug")
        except PackageNotFoundError:
            found = "not installed"
    elif name in _HOMES:
        from importlib import import_module

        home = import_module(f"livingdrug.{_HOMES[name]}")
        found = home if _HOMES[name].endswith(f".{name}") and not hasattr(home, name) else getattr(home, name)
    else:
        raise AttributeError(f'livingdrug has no "{name}"; it has {", ".join(__all__)}')
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

"""What a fit found: estimates with their uncertainty, individual parameters, predictions, and how sure one may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.importance import AT, SHARE, Coordinates, Examined, covariance_of, spread_name
from livingdrug.fitting.population import Theta
from livingdrug.fitting.specification import Specification
from livingdrug.fitting.structure import StructuralModel
from livingdrug.fitting.transforms import TRANSFORMS
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.notebook import as_html

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Fit:
    """A population fit.

    Attributes
    ----------
    name, model, data, specification
        What was fitted to what.
    theta
        The estimates.
    examined
        The likelihood there, each patient's moments, and the observed information.
    modes
        φ of each patient at the mode, shaped (n, p).
    trace
        Values by iteration; columns as `coordinates.names`, spreads and errors as they are.
    judgement
        What was checked about convergence: name -> (passed, sentence).
    settings
        Of the algorithm, and the seed.
    options
        What was asked beyond the model: covariates, correlations, fixed values …
    extras
        Tables made afterwards, by name: starts (of a fit from several), profile, bootstrap.
    """

    name: str
    model: StructuralModel
    data: KineticsData
    specification: Specification
    theta: Theta
    examined: Examined
    modes: Floats
    trace: pl.DataFrame
    judgement: Mapping[str, tuple[bool, str]]
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    likelihood: Any
    extras: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    # ---- numbers ----------------------------------------------------------------------------------------------------

    @property
    def coordinates(self) -> Coordinates:
        """The order of what was estimated."""
        spec = self.specification
        return Coordinates(spec.population, spec.errors, spec.error_fixed)

    @property
    def minus_two_ll(self) -> float:
        """-2 log likelihood of the data as they are given."""
        return -2 * self.examined.log_likelihood

    @property
    def minus_two_ll_error(self) -> float:
        """Monte Carlo standard error of `minus_two_ll`."""
        return 2 * self.examined.monte_carlo_error

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return self.minus_two_ll + 2 * self.coordinates.size

    @property
    def bic(self) -> float:
        """Bayesian information criterion with the number of patients as sample size."""
        return self.minus_two_ll + np.log(self.data.n_patients) * self.coordinates.size

    @property
    def covariance(self) -> Floats:
        """Of the estimates in `coordinates`, shaped (k, k); NaN for what the data do not determine."""
        return covariance_of(self.coordinates, self.examined.information)

    @property
    def converged(self) -> bool:
        """Whether every check of `judgement` passed."""
        return all(passed for passed, _ in self.judgement.values())

    # ---- frames -----------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> pl.DataFrame:
        """Estimates: parameter, kind, value, se, rse_percent, ci_low, ci_high (95 %), unit, fixed.

        Intervals are symmetric on each parameter's own scale (log for spreads and errors) and carried back.
        """
        import polars as pl

        spec, theta = self.specification, self.theta
        population = spec.population
        error = dict(zip(self.coordinates.names, np.sqrt(np.diag(self.covariance)), strict=True))
        units = {
            "time": self.data.time_unit,
            "value": self.data.value_unit or "value",
            "dose": self.data.dose_unit or "dose",
        }
        rows: list[tuple[Any, ...]] = []
        for q, label in enumerate(population.coefficients):
            if AT in label and label in population.names:  # a move on one occasion: 0 by definition
                continue
            typical = q < len(population.names)
            scale = TRANSFORMS[population.transforms[q] if typical else "normal"]
            at = theta.beta[q]
            se = error.get(label)
            unit = self.model.parameters[q].unit.format(**units) if typical else ""
            rows.append(_row(label, "typical value" if typical else "covariate", at, se, scale, unit))
        deviation = np.sqrt(np.diag(theta.omega))
        random = [population.names[r] for r in population.random]
        for group in population.groups:
            k, label = int(group[0]), spread_name(random, group)
            rows.append(
                _row(
                    label,
                    "standard deviation between patients",
                    np.log(deviation[k]),
                    error.get(label),
                    TRANSFORMS["log"],
                    "",
                )
            )
        for i, j in population.pairs:
            label = f"corr({population.names[population.random[i]]}, {population.names[population.random[j]]})"
            value = theta.omega[i, j] / deviation[i] / deviation[j]
            rows.append(_row(label, "correlation", value, error.get(label), TRANSFORMS["normal"], ""))
        for k, model in enumerate(spec.errors):
            for letter in model.parameters:
                label = letter + (f"_{k + 1}" if len(spec.errors) > 1 else "")
                size = theta.error[k, "ab".index(letter)]
                rows.append(
                    _row(
                        label,
                        f"residual error ({model.formula})",
                        np.log(size),
                        error.get(label),
                        TRANSFORMS["log"],
                        "",
                    )
                )
        if population.classes > 1:
            at = np.log(theta.share / (1 - theta.share))
            rows.append(_row(SHARE, "share of patients", at, error.get(SHARE), TRANSFORMS["logit"], ""))
        names = ("parameter", "kind", "value", "se", "rse_percent", "ci_low", "ci_high", "unit", "fixed")
        kinds: dict[str, Any] = dict.fromkeys(names[2:7], pl.Float64)
        return pl.DataFrame(rows, schema=list(names), schema_overrides=kinds, orient="row")

    @property
    def likeliest(self) -> NDArray[np.int64]:
        """Row of each patient in the class that it most likely belongs to, shaped (n,)."""
        n, counted = self.data.n_patients, self.examined.counted
        second = counted[n:] > counted[:n] if counted.size > n else np.zeros(n, dtype=bool)
        return np.arange(n, dtype=np.int64) + n * second

    @property
    def individuals(self) -> pl.DataFrame:
        """One row per patient: parameters at the mode, mean and sd of η given the data by parameter.

        With a mixture, in the class that the patient most likely belongs to, and how likely the second is (in_group_2).
        """
        import polars as pl

        population = self.specification.population
        own = self.likeliest
        psi = population.natural(self.modes)[own]
        frame = pl.DataFrame({"patient": list(self.data.patients)})
        frame = frame.with_columns(pl.Series(name, psi[:, i]) for i, name in enumerate(population.names))
        centre = population.means(self.theta.beta)[:, population.random][own]
        eta = self.examined.mean[own] - centre
        mode = self.modes[own][:, population.random] - centre
        sd = np.sqrt(np.einsum("nii->ni", self.examined.covariance))[own]
        if population.classes > 1:
            frame = frame.with_columns(pl.Series("in_group_2", self.examined.counted[self.data.n_patients :]))
        return frame.with_columns(
            pl.Series(f"{what}({population.names[r]})", values[:, k])
            for k, r in enumerate(population.random)
            for what, values in (("eta_mode", mode), ("eta_mean", eta), ("eta_sd", sd))
        )

    @property
    def predictions(self) -> pl.DataFrame:
        """The measurements beside what the model says.

        Columns of `KineticsData.frame`, then pred (at the typical patient with these covariates), ipred (at the mode),
        iwres (residual at the mode over its error; null where censored).
        """
        import polars as pl

        population, who = self.specification.population, self.likeliest
        first = np.arange(self.data.n_patients, dtype=np.int64)
        pred = self.likelihood.levels(population.natural(population.means(self.theta.beta))[first], first)[1]
        ipred = self.likelihood.levels(population.natural(self.modes)[who], who)[1]
        residual = np.where(self.data.censored == 0, self.standardised(self.data.value, ipred), np.nan)
        return self.data.frame.with_columns(
            pl.Series("pred", pred), pl.Series("ipred", ipred), pl.Series("iwres", residual)
        ).with_columns(pl.col("iwres").fill_nan(None))

    def standardised(self, value: Floats, level: Floats) -> Floats:
        """Distance of values from levels in residual standard deviations, measurement by measurement."""
        result = np.empty(value.size)
        for k, model in enumerate(self.specification.errors):
            mine = self.data.output == k
            a, b = self.theta.error[k]
            y, f = value[mine], level[mine]
            with np.errstate(divide="ignore", invalid="ignore"):
                if model.name == "lognormal":
                    result[mine] = (np.log(y) - np.log(f)) / a
                else:
                    root = model.name == "combined_root"
                    size = np.sqrt(a * a + (b * f) ** 2) if root else a + b * np.abs(f)
                    result[mine] = (y - f) / size
        return result

    @property
    def shrinkage(self) -> pl.DataFrame:
        """By parameter, how much individual estimates fall short of the spread: 1 - var(η) / ω², of means and modes [%]."""
        import polars as pl

        population = self.specification.population
        own = self.likeliest
        centre = population.means(self.theta.beta)[:, population.random][own]
        variance = np.diag(self.theta.omega)
        rows = [
            (
                population.names[r],
                100 * (1 - np.var(self.examined.mean[own, k] - centre[:, k], ddof=1) / variance[k]),
                100 * (1 - np.var(self.modes[own, r] - centre[:, k], ddof=1) / variance[k]),
            )
            for k, r in enumerate(population.random)
        ]
        return pl.DataFrame(rows, schema=["parameter", "of_means_percent", "of_modes_percent"], orient="row")

    # ---- told -------------------------------------------------------------------------------------------------------

    def summary(self) -> str:
        """The fit as text: estimates, likelihood, and what was checked."""
        lines = [
            f"{self.model.title}",
            f"  {self.data.n_patients} patients, {self.data.time.size} measurements, "
            f"{int((self.data.censored != 0).sum())} of them censored (counted by their probability, M3)",
            f"  -2 log likelihood {self.minus_two_ll:.2f} (Monte Carlo error {self.minus_two_ll_error:.2f}), "
            f"AIC {self.aic:.2f}, BIC {self.bic:.2f}, {self.coordinates.size} numbers estimated",
            "",
            f"  {'parameter':<28}{'value':>12}{'95 % interval':>28}{'rse %':>8}  unit",
        ]
        for row in self.parameters.iter_rows(named=True):
            interval = f"{row['ci_low']:.4g} to {row['ci_high']:.4g}" if row["ci_low"] is not None else ""
            rse = f"{row['rse_percent']:.1f}" if row["rse_percent"] is not None else ("fixed" if row["fixed"] else "")
            lines.append(f"  {row['parameter']:<28}{row['value']:>12.5g}{interval:>28}{rse:>8}  {row['unit']}".rstrip())
        lines.append("")
        lines += [f"  {'ok' if passed else 'LOOK'}: {sentence}" for passed, sentence in self.judgement.values()]
        return "\n".join(lines)

    def vpc(self, *, n: int = 500, seed: int = 1, prediction_corrected: bool = False, output: int = 0) -> pl.DataFrame:
        """Quantiles of the data beside simulated ones; see `livingdrug.fitting.predictive.vpc`."""
        from livingdrug.fitting.predictive import vpc

        return vpc(self, n=n, seed=seed, prediction_corrected=prediction_corrected, output=output)

    def npde(self, *, n: int = 1000, seed: int = 1) -> pl.DataFrame:
        """Normalised prediction distribution errors; see `livingdrug.fitting.predictive.npde`."""
        from livingdrug.fitting.predictive import npde

        return npde(self, n=n, seed=seed)

    def standard_errors(self) -> pl.DataFrame:
        """Those of the likelihood beside those by linearisation; see `livingdrug.fitting.linearised.standard_errors`."""
        from livingdrug.fitting.linearised import standard_errors

        return standard_errors(self)

    def profile(self, *parameters: str) -> pl.DataFrame:
        """Likelihood along some estimates, or all; see `livingdrug.fitting.profile.profile`."""
        from livingdrug.fitting.profile import profile

        return profile(self, list(parameters) or "all")

    def bootstrap(self, n: int = 100, *, seed: int = 1) -> pl.DataFrame:
        """Fits of patients drawn with replacement; see `livingdrug.fitting.bootstrap.bootstrap`."""
        from importlib import import_module  # it fits again, and a fit ends in this record

        return import_module("livingdrug.fitting.bootstrap").bootstrap(self, n, seed=seed)

    def with_extra(self, **tables: pl.DataFrame) -> Fit:
        """The fit with tables that are saved and reported with it: ``fit.with_extra(profile=fit.profile("Cmax"))``."""
        from livingdrug.fitting.store import EXTRAS

        for name in tables:
            if name not in EXTRAS:
                raise UnknownName("extra table", name, EXTRAS)
        return replace(self, extras={**self.extras, **tables})

    def simulate(self, **options: Any) -> pl.DataFrame:
        """New patients from this fit; see `livingdrug.fitting.simulation.simulate`."""
        from livingdrug.fitting.simulation import simulate

        return simulate(self, **options)

    def simulate_trial(self, trial: Any, **options: Any) -> Any:
        """A trial's kinetics as this fit has them; see `livingdrug.fitting.trial_kinetics.simulate_trial`."""
        from livingdrug.fitting.trial_kinetics import simulate_trial

        return simulate_trial(self, trial, **options)

    def save(self, folder: Path | str) -> Path:
        """Write everything into a folder: tables, the data, a manifest; `load_fit` reads it again."""
        from livingdrug.fitting.store import save_fit

        return save_fit(self, folder)

    def __repr__(self) -> str:
        state = "converged" if self.converged else "LOOK at .judgement"
        return (
            f"Fit of {self.name} to {self.data.n_patients} patients ({self.data.time.size} measurements): "
            f"-2LL {self.minus_two_ll:.2f}, {self.coordinates.size} estimates, {state}.\n"
            "  .summary() .parameters .individuals .predictions .shrinkage .vpc() .npde() .profile() .bootstrap()\n"
            "  .simulate() .simulate_trial(name) .save(folder)"
        )

    def _repr_html_(self) -> str:
        """For notebooks."""
        wrong = [f"{name}: {words}" for name, (passed, words) in self.judgement.items() if not passed]
        return as_html(repr(self).splitlines()[0], self.parameters, notes=wrong)


def _row(label: str, kind: str, at: float, se: float | None, scale: Any, unit: str) -> tuple[Any, ...]:
    """A row of `Fit.parameters` from a value and its error on its scale."""
    value = float(scale.back(np.float64(at)))
    if se is None or not np.isfinite(se):
        return (label, kind, value, None, None, None, None, unit, se is None)
    own = float(abs(scale.slope(np.float64(at)))) * se
    low, high = (float(scale.back(np.float64(at + sign * Z95 * se))) for sign in (-1, 1))
    return (label, kind, value, own, 100 * own / abs(value) if value else None, low, high, unit, False)

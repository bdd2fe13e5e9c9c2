"""The likelihood of the data, patients' parameters integrated out, and how it bends around the estimates.

    L_i(θ) = mean over samples of p(y_i | φ) p(φ; θ) / q_i(φ),    φ from q_i, a Student t around the patient's own mean

Samples are shifted Sobol points, so that the integral is far more exact than with as many random ones; its error is
judged from independent shifts. Gradient and curvature are those of this very sum (Louis' formula), which makes both the
standard errors and the last Newton steps towards the maximum exact up to that error.

Source: Louis TA. Finding the observed information matrix when using the EM algorithm. J R Stat Soc B 1982;44:226-233.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, gammaln, logsumexp, ndtr, ndtri

from livingdrug.fitting.draws import uniforms
from livingdrug.fitting.error_models import ErrorModel
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood, RowSums, level_terms
from livingdrug.fitting.population import SECOND, Population, Theta

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FREEDOM = 5.0
"""Of the Student t: heavy enough tails for skewed posteriors."""
_WITHOUT_A_LOOK = 4e-3
_HARDLY = 1e-3
"""A patient who belongs to a class by less than this tells nothing about it."""
_ROWS = 60_000
"""Samples held at one time."""


@dataclass(frozen=True)
class Coordinates:
    """The order of everything estimated: β, log standard deviations, correlations, log errors, logit of the share."""

    population: Population
    errors: tuple[ErrorModel, ...]
    error_fixed: bool = False

    @property
    def beta(self) -> Integers:
        """Coefficients that are estimated."""
        return np.flatnonzero(self.population.estimated)

    @property
    def error(self) -> list[tuple[int, int]]:
        """(output, a or b) of each error size that is estimated."""
        if self.error_fixed:
            return []
        return [(k, "ab".index(p)) for k, e in enumerate(self.errors) for p in e.parameters]

    @property
    def mixed(self) -> int:
        """1 where the share of a second class is estimated."""
        return int(self.population.classes > 1)

    @property
    def size(self) -> int:
        """How many numbers are estimated."""
        p = self.population
        return self.beta.size + len(p.groups) + len(p.pairs) + len(self.error) + self.mixed

    @property
    def untied(self) -> Coordinates:
        """The same with a spread of its own for every random parameter, and without a share."""
        return replace(self, population=replace(self.population, tied=np.empty(0, np.int64), classes=1))

    @property
    def collapse(self) -> Floats:
        """How the untied numbers depend on these, shaped (untied, size)."""
        q, groups, d = self.beta.size, self.population.groups, self.population.random.size
        rest = len(self.population.pairs) + len(self.error)
        found = np.zeros((q + d + rest, self.size))
        found[np.arange(q), np.arange(q)] = 1.0
        for g, members in enumerate(groups):
            found[q + members, q + g] = 1.0
        found[q + d + np.arange(rest), q + len(groups) + np.arange(rest)] = 1.0
        return found

    @property
    def names(self) -> list[str]:
        """Of the numbers, as tables call them."""
        p = self.population
        random = [p.names[i] for i in p.random]
        outputs = [f"_{k + 1}" if len(self.errors) > 1 else "" for k in range(len(self.errors))]
        return (
            [p.coefficients[q] for q in self.beta]
            + [spread_name(random, group) for group in p.groups]
            + [f"corr({random[i]}, {random[j]})" for i, j in p.pairs]
            + ["ab"[which] + outputs[k] for k, which in self.error]
            + [SHARE] * self.mixed
        )

    def pack(self, theta: Theta) -> Floats:
        """θ as one row."""
        deviation = np.sqrt(np.diag(theta.omega))
        corr = [theta.omega[i, j] / (deviation[i] * deviation[j]) for i, j in self.population.pairs]
        error = [np.log(theta.error[at]) for at in self.error]
        first = [group[0] for group in self.population.groups]
        share = [np.log(theta.share / (1 - theta.share))] if self.mixed else []
        return np.concatenate([theta.beta[self.beta], np.log(deviation[first]), corr, error, share])

    def unpack(self, row: Floats, like: Theta) -> Theta:
        """θ from one row; what is fixed comes from `like`."""
        q, groups = self.beta.size, self.population.groups
        d = len(groups)
        beta, error = like.beta.copy(), like.error.copy()
        beta[self.beta] = row[:q]
        deviation = np.empty(self.population.random.size)
        for g, members in enumerate(groups):
            deviation[members] = np.exp(row[q + g])
        omega = np.diag(deviation**2)
        pairs = self.population.pairs
        for (i, j), corr in zip(pairs, row[q + d : q + d + len(pairs)], strict=True):
            omega[i, j] = omega[j, i] = corr * deviation[i] * deviation[j]
        end = self.size - self.mixed
        for at, size in zip(self.error, row[q + d + len(pairs) : end], strict=True):
            error[at] = np.exp(size)
        share = 1.0 / (1.0 + np.exp(-float(row[-1]))) if self.mixed else like.share
        return Theta(beta, omega, error, share)


SHARE = f"share of {SECOND}"
AT = "@"
"""Between a parameter's name and its occasion's, in the name of its move on that occasion."""


def spread_name(random: list[str], group: Integers) -> str:
    """What a spread is called: of one parameter between patients, or between occasions within a patient."""
    name = random[group[0]]
    return f"sd between occasions({name.split(AT)[0]})" if AT in name else f"sd({name})"


@dataclass(frozen=True)
class Proposals:
    """Where samples of each patient are drawn: mean (n, d) and root of the covariance (n, d, d); and how many a shift, (n,).

    Each round has samples of its own: moments taken from the very samples that are drawn again would fit them too well,
    and the likelihood would come out too low.
    """

    mean: Floats
    root: Floats
    seed: int
    points: Integers
    round: int = 0
    shifts: int = 8

    @classmethod
    def around(
        cls, mean: Floats, covariance: Floats, omega: Floats, seed: int, *, points: int | Integers = 256
    ) -> Proposals:
        """From moments; a covariance that chains saw too narrow is widened a little."""
        n, d = mean.shape
        safe = covariance + 1e-4 * np.diag(np.diag(omega)) + 1e-14 * np.eye(d)
        root = np.asarray(np.linalg.cholesky(safe), np.float64)
        return cls(mean, root, seed, np.broadcast_to(np.asarray(points, np.int64), n).copy())

    def again(self, seen: Examined, omega: Floats, *, points: int | Integers | None = None) -> Proposals:
        """The next round, around the moments that this one showed."""
        wanted = self.points if points is None else points
        fresh = Proposals.around(seen.mean, seen.covariance, omega, self.seed, points=wanted)
        return replace(fresh, round=self.round + 1)

    def needed(self, seen: Examined, error: float, most: int) -> Integers:
        """Points for each patient that bring the log likelihood's error down to this with the least work (Neyman 1934).

        The error of a patient falls with the root of the points. Powers of two, no fewer than now and no more than `most`.
        """
        each = np.tile(seen.spread, self.points.size // seen.spread.size) * np.sqrt(self.points)
        best = each * each.sum() / error**2
        power = 2 ** np.ceil(np.log2(np.maximum(best, 1.0)) - 0.5).astype(np.int64)
        return np.maximum(self.points, np.minimum(power, most))


@dataclass(frozen=True)
class Examined:
    """The likelihood at one θ.

    Attributes
    ----------
    log_likelihood
        Its logarithm.
    monte_carlo_error
        Standard error of that from sampling.
    by_patient
        Contribution of each patient, shaped (n,).
    mean, covariance
        Of each patient's φ given the data, shaped (n, d) and (n, d, d).
    effective
        Effective share of samples by patient, shaped (n,).
    gradient, information
        In `Coordinates`, shaped (k,) and (k, k); empty when not asked for.
    counted
        How much each patient belongs to each class, shaped (n,); 1 without a mixture.
    spread
        Standard error of each patient's contribution from sampling, shaped (n,); empty in a fit that was read back.
    """

    log_likelihood: float
    monte_carlo_error: float
    by_patient: Floats
    mean: Floats
    covariance: Floats
    effective: Floats
    gradient: Floats
    information: Floats
    counted: Floats
    spread: Floats = field(default_factory=lambda: np.empty(0))


@cache
def _sobol(points: int, d: int) -> Floats:
    from scipy.stats import qmc

    return qmc.Sobol(d, scramble=False).random(points)


@cache
def _stretches() -> tuple[Floats, Floats]:
    """How far a Student t lies out of a normal, over normal quantiles: a fine table, for speed."""
    x = np.linspace(-7.2, 7.2, 20_001)
    return x, np.sqrt(FREEDOM / (2.0 * gammaincinv(0.5 * FREEDOM, ndtr(x))))


def _chunks(proposals: Proposals) -> Iterator[tuple[Integers, int]]:
    """Patients who are sampled together, as many points each: no more at one time than memory should hold."""
    for points in np.unique(proposals.points).tolist():
        alike = np.flatnonzero(proposals.points == points)
        size = max(1, _ROWS // (proposals.shifts * points))
        for begin in range(0, alike.size, size):
            yield alike[begin : begin + size], points


def _samples(proposals: Proposals, patients: Integers, points: int) -> tuple[Floats, Floats]:
    """φ (patients, shifts points, d) and the log of its density q (patients, shifts points)."""
    d = proposals.mean.shape[1]
    base = _sobol(points, d + 1)
    shift_no = np.tile(np.arange(proposals.shifts, dtype=np.int64), patients.size)
    shift = uniforms(
        proposals.seed,
        "fit/importance",
        np.repeat(patients, proposals.shifts),
        shift_no,
        proposals.round * (d + 1),
        d + 1,
    )
    u = np.mod(base[None] + shift.T[:, None, :], 1.0).reshape(patients.size, -1, d + 1)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    stretch = np.interp(ndtri(u[..., d]), *_stretches())
    t = ndtri(u[..., :d]) * stretch[..., None]
    root = proposals.root[patients]
    phi = proposals.mean[patients, None] + np.einsum("nij,nmj->nmi", root, t)
    constant = gammaln(0.5 * (FREEDOM + d)) - gammaln(0.5 * FREEDOM) - 0.5 * d * np.log(FREEDOM * np.pi)
    logdet = np.log(np.einsum("nii->ni", root)).sum(axis=1)
    log_q = constant - logdet[:, None] - 0.5 * (FREEDOM + d) * np.log1p((t * t).sum(axis=2) / FREEDOM)
    return phi, log_q


def examine(
    likelihood: Likelihood, coordinates: Coordinates, theta: Theta, proposals: Proposals, *, curvature: bool = False
) -> Examined:
    """Likelihood at θ, and its gradient and curvature when asked for."""
    tied, coordinates = coordinates, coordinates.untied
    population = coordinates.population
    n, d = population.n_patients, population.random.size
    counted = np.ones(n)
    if tied.mixed and curvature:  # how much each patient counts in each class must be known beforehand
        counted = examine(likelihood, tied, theta, proposals).counted
    sizes = ErrorSizes.of(coordinates.errors, theta.error)
    centre = population.means(theta.beta)
    root = np.linalg.cholesky(theta.omega)
    inverse = np.linalg.inv(theta.omega)
    logdet = 2 * np.log(np.diag(root)).sum()
    by_shift = np.zeros((n, proposals.shifts))
    mean, square, effective = np.zeros((n, d)), np.zeros((n, d, d)), np.zeros(n)
    k = coordinates.size
    gradient, information = np.zeros(k), np.zeros((k, k))
    each = np.zeros((n, k))
    for patients, points in _chunks(proposals):
        per_patient = proposals.shifts * points
        phi_random, log_q = _samples(proposals, patients, points)
        eta = phi_random - centre[patients][:, None, population.random]
        phi = np.repeat(centre[patients][:, None, :], per_patient, axis=1)
        phi[:, :, population.random] = phi_random
        who = np.repeat(patients, per_patient)
        psi = np.ascontiguousarray(population.natural(phi).reshape(-1, phi.shape[2]))
        if curvature:
            start, level = likelihood.levels(psi, who)
            sums = likelihood.sums(who, start, level, sizes)
            log_y = sums.density.reshape(patients.size, -1)
        else:
            log_y = likelihood.rows(psi, who, sizes).reshape(patients.size, -1)
        log_prior = -0.5 * (
            np.einsum("nmi,ij,nmj->nm", eta, inverse, eta, optimize=True) + logdet + d * np.log(2 * np.pi)
        )
        log_w = log_y + log_prior - log_q
        by_shift[patients] = logsumexp(log_w.reshape(patients.size, proposals.shifts, -1), axis=2) - np.log(points)
        weight = np.exp(log_w - logsumexp(log_w, axis=1, keepdims=True))
        effective[patients] = 1.0 / (weight**2).sum(axis=1) / per_patient
        mean[patients] = np.einsum("nm,nmi->ni", weight, phi_random)
        away = phi_random - mean[patients][:, None]
        square[patients] = np.einsum("nm,nmi,nmj->nij", weight, away, away, optimize=True)
        if curvature:
            seen = _Seen(who, start, level, sums)
            share = weight * counted[patients, None]
            score, bent = _scores(likelihood, coordinates, theta, phi, psi, seen, eta, inverse, share, patients)
            expected = np.einsum("nm,nmk->nk", weight, score)
            centred = score - expected[:, None]
            each[patients] = expected
            information -= np.einsum("nmk,nml->kl", centred * share[..., None], centred, optimize=True) + bent
    if curvature:
        information += _prior_information(coordinates, theta, mean, square, counted)
        gradient, information = tied.collapse.T @ (counted @ each), tied.collapse.T @ information @ tied.collapse
    if tied.mixed:
        by_shift, counted = _over_classes(by_shift, theta)
        if curvature:
            gradient, information = _mixed(each @ tied.collapse, counted, theta, gradient, information)
    overall = logsumexp(by_shift, axis=1) - np.log(proposals.shifts)
    spread = np.exp(by_shift - overall[:, None]).std(axis=1, ddof=1) / np.sqrt(proposals.shifts)
    error = float(np.sqrt((spread**2).sum()))
    told = np.where(counted > _HARDLY, effective, 1.0)  # samples of a class that a patient is not of do not matter
    return Examined(float(overall.sum()), error, overall, mean, square, told, gradient, information, counted, spread)


def _over_classes(by_shift: Floats, theta: Theta) -> tuple[Floats, Floats]:
    """Log likelihoods by patient and shift over both classes, and how much each patient belongs to each, shaped (2 n,)."""
    both = by_shift.reshape(2, -1, by_shift.shape[1]) + np.log(theta.shares)[:, None, None]
    total = np.asarray(logsumexp(both, axis=0))
    weight = np.exp(np.asarray(logsumexp(both, axis=2)) - np.asarray(logsumexp(total, axis=1)))
    return total, weight.reshape(-1)


def _mixed(each: Floats, counted: Floats, theta: Theta, gradient: Floats, information: Floats) -> tuple[Floats, Floats]:
    """Gradient and information with the share: which class a patient is of is unknown too (Louis' formula once more)."""
    n, share = counted.size // 2, theta.share
    score = each.copy()
    score[:n, -1], score[n:, -1] = -share, 1.0 - share
    gradient = counted @ score
    one, two = score[:n], score[n:]
    apart = (one - two) * np.sqrt(counted[:n] * counted[n:])[:, None]
    information = information - apart.T @ apart
    information[-1, -1] += n * share * (1.0 - share)
    return gradient, information


@dataclass(frozen=True)
class _Seen:
    """Levels of some rows and what follows from them."""

    who: Integers
    start: Integers
    level: Floats
    sums: RowSums


def _scores(likelihood, coordinates, theta, phi, psi, seen, eta, inverse, weight, patients):
    """Score of each sample (patients, samples, k), and the weighted sum of second derivatives of the data part."""
    population: Population = coordinates.population
    n, m, d = eta.shape
    beta, error = coordinates.beta, coordinates.error
    k = coordinates.size
    score = np.zeros((n, m, k))
    white = eta @ inverse
    a = population.design[patients]
    moving = population.is_random[beta]
    spread_at = beta.size
    for column, q in enumerate(beta):
        if moving[column]:
            r = int(np.flatnonzero(population.random == population.owner[q])[0])
            score[:, :, column] = white[:, :, r] * a[:, None, population.owner[q], q]
    score[:, :, spread_at : spread_at + d] = white * eta - 1.0
    deviation = np.sqrt(np.diag(theta.omega))
    for c, (i, j) in enumerate(population.pairs):
        s = white[:, :, i] * white[:, :, j] - inverse[i, j]
        score[:, :, spread_at + d + c] = s * deviation[i] * deviation[j]
    bent = np.zeros((k, k))
    if not error and moving.all():
        return score, bent
    who, start, level, sums = seen.who, seen.start, seen.level, seen.sums
    each = weight.reshape(-1)
    error_at = k - len(error)
    total = np.einsum("r,rok->ok", each, sums.bend)
    for c, (o, which) in enumerate(error):
        score[:, :, error_at + c] = sums.score[:, o, which].reshape(n, m)
        for e, (other, its) in enumerate(error):
            if o == other:
                bent[error_at + c, error_at + e] += total[o, which + its]
    if moving.all():
        return score, bent
    terms = level_terms(likelihood.data, who, start, level, ErrorSizes.of(coordinates.errors, theta.error))

    def summed(values: Floats) -> Floats:
        return np.add.reduceat(np.where(np.isfinite(values), values, 0.0), start[:-1])

    still = [(c, q) for c, q in enumerate(beta) if not moving[c]]
    slopes = []
    for c, q in still:
        h = 1e-4
        shifted = phi.copy()
        shifted[:, :, population.owner[q]] += h * a[:, None, population.owner[q], q]
        _, above = likelihood.levels(np.ascontiguousarray(population.natural(shifted).reshape(psi.shape)), who)
        slopes.append((above - level) / h)
        score[:, :, c] = summed(terms.slope * slopes[-1]).reshape(n, m)
    for (c, _), one in zip(still, slopes, strict=True):
        for (e, _), two in zip(still, slopes, strict=True):
            bent[c, e] -= each @ summed(terms.weight * one * two)
    return score, bent


def _prior_information(
    coordinates: Coordinates, theta: Theta, mean: Floats, covariance: Floats, counted: Floats
) -> Floats:
    """Minus second derivatives of the expected log density of φ, by differences of a formula of moments."""
    population = coordinates.population
    random = population.random
    k = coordinates.size
    base = coordinates.pack(theta)
    inner = [c for c, q in enumerate(coordinates.beta) if population.is_random[q]]
    inner += list(range(coordinates.beta.size, k - len(coordinates.error)))

    within = np.einsum("n,nij->ij", counted, covariance)

    def expected(row: Floats) -> float:
        there = coordinates.unpack(row, theta)
        away = mean - population.means(there.beta)[:, random]
        total = within + away.T @ (counted[:, None] * away)
        _, logdet = np.linalg.slogdet(there.omega)
        return -0.5 * (counted.sum() * logdet + float(np.trace(np.linalg.solve(there.omega, total))))

    size = 1e-3 * np.ones(k)
    for c, q in enumerate(coordinates.beta):
        if population.is_random[q]:
            r = int(np.flatnonzero(random == population.owner[q])[0])
            scale = np.abs(population.design[:, population.owner[q], q]).max() or 1.0
            size[c] = 1e-3 * np.sqrt(theta.omega[r, r]) / scale
    result = np.zeros((k, k))
    for x, i in enumerate(inner):
        for j in inner[x:]:
            value = 0.0
            for one in (1.0, -1.0):
                for two in (1.0, -1.0):
                    row = base.copy()
                    row[i] += one * size[i]
                    row[j] += two * size[j]
                    value += one * two * expected(row)
            result[i, j] = result[j, i] = -value / (4 * size[i] * size[j])
    return result


def determined(coordinates: Coordinates, information: Floats) -> NDArray[np.bool_]:
    """Which numbers the data determine: a spread on its way to none is not one, nor are its correlations.

    A spread counts as undetermined when its logarithm's information is below 2: a standard error above a factor of two.
    """
    groups = coordinates.population.groups
    q, d = coordinates.beta.size, len(groups)
    keep = np.ones(coordinates.size, dtype=bool)
    flat = np.diag(information)[q : q + d] < 2.0
    keep[q : q + d] = ~flat
    lost = np.zeros(coordinates.population.random.size, dtype=bool)
    for g, members in enumerate(groups):
        lost[members] = flat[g]
    for c, (i, j) in enumerate(coordinates.population.pairs):
        keep[q + d + c] = not (lost[i] or lost[j])
    return keep


def covariance_of(coordinates: Coordinates, information: Floats, held: tuple[int, ...] = ()) -> Floats:
    """Covariance of the estimates, shaped (k, k); NaN for what the data do not determine and for what is held."""
    keep = determined(coordinates, information)
    keep[list(held)] = False
    result = np.full(information.shape, np.nan)
    inner = information[np.ix_(keep, keep)]
    try:
        np.linalg.cholesky(inner)
    except np.linalg.LinAlgError:
        return result
    result[np.ix_(keep, keep)] = np.linalg.inv(inner)
    return result


def rise(coordinates: Coordinates, examined: Examined, held: tuple[int, ...] = ()) -> float:
    """How much the log likelihood could still rise, by the tangent parabola; inf where it bends up."""
    covariance = covariance_of(coordinates, examined.information, held)
    keep = np.isfinite(np.diag(covariance))
    if not keep.any():
        return float("inf")
    g = examined.gradient[keep]
    return 0.5 * float(g @ covariance[np.ix_(keep, keep)] @ g)


def refine(
    likelihood: Likelihood,
    coordinates: Coordinates,
    theta: Theta,
    proposals: Proposals,
    *,
    steps: int = 3,
    enough: float = 5e-6,
    held: tuple[int, ...] = (),
) -> tuple[Theta, Examined, Proposals]:
    """The last steps to the maximum: Newton on the sampled likelihood, taken only while the likelihood rises.

    Parameters
    ----------
    enough
        No more steps when the log likelihood could rise by no more than this. A last step that is worth less than
        `_WITHOUT_A_LOOK` is taken by the tangent parabola, without another look at the likelihood.
    held
        Coordinates that stay where they are.

    Returns
    -------
    θ, the likelihood there with its curvature, and the samples it was judged by.
    """
    here = examine(likelihood, coordinates, theta, proposals, curvature=True)
    for _ in range(steps):
        left = rise(coordinates, here, held)
        if left < enough:
            break
        step = _newton(coordinates, here, theta, held)
        if left < _WITHOUT_A_LOOK:
            theta = coordinates.unpack(coordinates.pack(theta) + step, theta)
            rest = here.gradient - here.information @ step
            here = replace(here, log_likelihood=here.log_likelihood + left, gradient=rest)
            break
        for _ in range(3):
            try:
                new = coordinates.unpack(coordinates.pack(theta) + step, theta)
                np.linalg.cholesky(new.omega)
                there = examine(likelihood, coordinates, new, proposals, curvature=True)
            except np.linalg.LinAlgError:
                there = None
            if there is not None and there.log_likelihood > here.log_likelihood:
                break
            there, step = None, 0.25 * step
        if there is None:
            break
        if there.effective.min() < 0.7 * here.effective.min():  # the samples lie beside the new values: draw them anew
            proposals = proposals.again(there, new.omega)
            there = examine(likelihood, coordinates, new, proposals, curvature=True)
        theta, here = new, there
    return theta, here, proposals


def _newton(coordinates: Coordinates, here: Examined, theta: Theta, held: tuple[int, ...] = ()) -> Floats:
    """A Newton step of what is determined; where the likelihood bends up the step is as if it bent down as much.

    No number moves by more than one standard error, and no typical value by more than half of its spread: farther the
    samples would say nothing.
    """
    keep = determined(coordinates, here.information)
    keep[list(held)] = False
    inner = here.information[np.ix_(keep, keep)]
    size = np.sqrt(np.maximum(np.abs(np.diag(inner)), 1.0))
    values, vectors = np.linalg.eigh(inner / np.outer(size, size))
    along = vectors.T @ (here.gradient[keep] / size) / np.maximum(np.abs(values), 0.02)
    step = np.zeros(coordinates.size)
    step[keep] = vectors @ along / size
    population = coordinates.population
    reach = np.full(coordinates.size, np.inf)
    reach[keep] = 1.0 / size
    deviation = dict(zip(population.random.tolist(), np.sqrt(np.diag(theta.omega)), strict=True))
    for c, q in enumerate(coordinates.beta):
        owner = int(population.owner[q])
        if owner in deviation:
            far = np.abs(population.design[:, owner, q]).max() or 1.0
            reach[c] = min(reach[c], 0.5 * deviation[owner] / far)
    return step * min(1.0, float(np.min(reach / np.maximum(np.abs(step), 1e-300))))

"""Equations to kernels: the right-hand side and its linearisation in the variables the integrator steps.

A state on a log scale s is stepped as x = ln(1 + y / s), so

    y = s (e^x - 1)        dx/dt = f / (s e^x)        d(dx_i/dt)/dx_j = df_i/dy_j (s_j e^x_j) / (s_i e^x_i) - [i=j] dx_i/dt

Formulas are differentiated in natural units; only these factors know about the transformation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.sparse import Pattern, find_pattern
from livingdrug.engine.odes import Odes
from livingdrug.engine.too_large import refuse_values
from livingdrug.foundation.errors import ModelError

_TIME = -1  # key of the derivative by time


@dataclass(frozen=True)
class System:
    """The kernels of one model's equations, and the pattern of its Jacobian; rates in natural units as graph nodes."""

    rhs: Kernel
    linearise: Kernel
    pattern: Pattern
    time_derivative: bool
    graph: Graph
    plain_rates: tuple[int, ...]
    time: int


def check_odes(odes: Odes) -> None:
    """Refuse a system whose parts do not fit together.

    Raises
    ------
    ModelError
        A name used twice, or lists of different lengths.
    """
    names = [*odes.states, *odes.parameters, *(name for name, _ in odes.assignments), "time"]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ModelError(f"the equations use a name for two things: {', '.join(twice)}. Rename one of each.")
    if not odes.states:
        raise ModelError("the equations have no state; at least one is needed to simulate anything")
    if not len(odes.states) == len(odes.rates) == len(odes.initial):
        raise ModelError(
            f"{len(odes.states)} states, {len(odes.rates)} rates and {len(odes.initial)} initial values: "
            "each state needs one of each"
        )
    if len(odes.parameters) != len(odes.defaults):
        raise ModelError(f"{len(odes.parameters)} parameters but {len(odes.defaults)} default values")


def natural_states(
    graph: Graph, odes: Odes, log_scales: Mapping[str, float], *, small: bool = False
) -> tuple[dict[str, int], dict[str, int]]:
    """Nodes of each state in its own unit, and for log states dy/dx = s e^x.

    In doubles e^x - 1 is good down to 1e-16 of the scale; `small` keeps all digits of less, as single precision needs.
    """
    natural: dict[str, int] = {}
    stretch: dict[str, int] = {}
    for i, name in enumerate(odes.states):
        x = graph.input("x", i)
        if name not in log_scales:
            natural[name] = x
            continue
        scale, one = graph.constant(log_scales[name]), graph.constant(1.0)
        less = graph.apply("expm1", x) if small else None
        e = graph.apply("exp", x) if less is None else graph.add(less, one)
        natural[name] = graph.multiply(scale, graph.subtract(e, one) if less is None else less)
        stretch[name] = graph.multiply(scale, e)
    return natural, stretch


def looked_up(names: Mapping[str, int], place: str) -> Callable[[str], int]:
    """A look-up that says where an unknown name was used."""

    def look_up(name: str) -> int:
        if name not in names:
            raise ModelError(
                f'{place} needs "{name}", which is not defined there. Expected a state, a parameter, `time` or an '
                "earlier assignment."
            )
        return names[name]

    return look_up


def build_system(odes: Odes, log_scales: Mapping[str, float], bits: int = 64) -> System:
    """The kernels ``rhs(x, p, t, d)`` and ``linearise(x, p, t, d, J)`` of a model.

    J receives the Jacobian's entries in the order of `System.pattern`, then df/dt of every state if time occurs.
    """
    graph = Graph(forgiving=True, quick=True)
    natural, stretch = natural_states(graph, odes, log_scales, small=bits == 32)
    names = dict(natural)
    names |= {name: graph.input("p", i) for i, name in enumerate(odes.parameters)}
    names["time"] = time = graph.input("t", 0)
    for name, formula in odes.assignments:
        names[name] = node_of(formula, graph, looked_up(names, f'assignment "{name}"'))
    plain = [
        node_of(formula, graph, looked_up(names, f'the rate of "{name}"'))
        for name, formula in zip(odes.states, odes.rates, strict=True)
    ]
    variables = {natural[name]: i for i, name in enumerate(odes.states)} | {time: _TIME}
    shrink = {name: graph.reciprocal(node) for name, node in stretch.items()}
    rates, entries, slopes = [], {}, {}
    for i, (name, f, slope) in enumerate(zip(odes.states, plain, graph.derivatives(plain, variables), strict=True)):
        shrunk = (lambda node, by=shrink[name]: graph.multiply(node, by)) if name in shrink else (lambda node: node)
        rates.append(shrunk(f))
        for j, part in slope.items():
            if j == _TIME:
                slopes[i] = shrunk(part)
                continue
            other = odes.states[j]
            if i == j:
                entries[i, i] = part
            else:
                entries[i, j] = shrunk(graph.multiply(part, stretch[other]) if other in stretch else part)
        if name in stretch and graph.value(rates[-1]) != 0:
            entries[i, i] = graph.subtract(entries.get((i, i), graph.constant(0.0)), rates[-1])
    refuse_values(len(odes.states), len(graph.nodes))
    pattern = find_pattern(len(odes.states), entries)
    n = len(odes.states)
    arrays = (Array("x", n), Array("p", len(odes.parameters)), Array("t", 1), Array("d", n))
    to_d = tuple(("d", i, node) for i, node in enumerate(rates))
    to_j = [("J", q, entries[entry]) for q, entry in enumerate(pattern.jacobian)]
    if slopes:
        to_j += [("J", len(entries) + i, slopes.get(i, graph.constant(0.0))) for i in range(n)]
    size = len(entries) + (n if slopes else 0)
    return System(
        rhs=Kernel("rhs", graph, arrays, to_d),
        linearise=Kernel("linearise", graph, (*arrays, Array("J", size)), (*to_d, *to_j)),
        pattern=pattern,
        time_derivative=bool(slopes),
        graph=graph,
        plain_rates=tuple(plain),
        time=time,
    )

"""A model as one page: what it believes, equation by equation, and where each number comes from."""

from __future__ import annotations

import hashlib
import re
from html import escape
from pathlib import Path

from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.security import content_policy
from livingdrug.model.assemble import Model
from livingdrug.model.fragment import Mechanism
from livingdrug.model.notation import equation
from livingdrug.model.wiring import readings, wiring_svg

NOTICE = "simulation; not for patient care"
_DOI = re.compile(r"\b(?:doi:)?(10\.\d{4,9}/[^\s;,]*[^\s;,.)])")


def render(model: Model) -> str:
    """A self-contained HTML page: wiring, equations, parameters with their sources. Needs no network and no script.

    Parameters
    ----------
    model
        An assembled model; parameters that differ from their sheets are marked.
    """
    parts = "\n".join(_mechanism(model, part) for part in model.mechanisms.values())
    style = "\n" + (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{content_policy(styles=[style])}">
<title>{escape(model.title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
<p class="notice">{NOTICE}</p>
<h1>{escape(model.title)}</h1>
<p>{escape(model.recipe.summary)}</p>
{_facts(model)}
</header>
<h2>Wiring</h2>
<p>Each row gives quantities that the mechanisms of the columns read; the number says how many, and the square names them under the pointer.</p>
<div class="wide" tabindex="0" role="group" aria-label="Wiring">{wiring_svg(model)}</div>
<h2>Equations and parameters</h2>
<p class="key"><span><i class="state">states</i> change by their rate</span>
<span><i class="parameter">parameters</i> are constant in a patient</span>
<span><i>others</i> follow from both</span> <span>time <i>t</i> in days, infusion at 0</span></p>
{parts}
{_neutral(model)}
<footer>Model {escape(model.id)}, text {_fingerprint(model)}. {NOTICE.capitalize()}.</footer>
</main>
</body>
</html>
"""


def _fingerprint(model: Model) -> str:
    return hashlib.sha256(model.antimony.encode()).hexdigest()[:12]


def _facts(model: Model) -> str:
    counts = {
        "mechanisms": len(model.mechanisms),
        "states": len(model.states),
        "parameters": len(model.parameters),
        "vary between patients": sum(quantity.spread > 0 for quantity in model.parameters.values()),
        "recorded outputs": len(model.outputs),
    }
    return '<ul class="facts">' + "".join(f"<li><b>{n}</b> {what}</li>" for what, n in counts.items()) + "</ul>"


def _roles(model: Model) -> dict[str, str]:
    roles = dict.fromkeys(model.outputs, "output")
    roles |= dict.fromkeys([*model.parameters, *model.neutral], "parameter")
    return roles | dict.fromkeys(model.states, "state")


def _mechanism(model: Model, part: Mechanism) -> str:
    roles = _roles(model)
    sheet = part.sheet
    blocks = [f'<section class="mechanism" id="{escape(part.id)}">', f"<h2>{escape(sheet.title)}</h2>"]
    blocks.append(f"<p>{escape(sheet.summary)}</p>")
    reads = _reads(model, part)
    if reads:
        blocks.append(f'<p class="origin">{reads}</p>')
    if part.statements:
        blocks.append("<h3>Equations</h3>")
        blocks += [
            f'<div class="equation" tabindex="0">{equation(statement, roles)}</div>' for statement in part.statements
        ]
    if sheet.state:
        rows = [
            [
                _name(name),
                _text(s.meaning),
                f'<td class="start">{escape(s.initial)}</td>',
                _number(escape(s.unit)),
                _integrated(s.integrate, s.scale),
            ]
            for name, s in sheet.state.items()
        ]
        blocks.append(_table("States", ("State", "Meaning", "Start", "Unit", "Integrated as"), rows))
    if sheet.parameter:
        rows = [_parameter(name, model.parameters[name], sheet.parameter[name]) for name in sheet.parameter]
        heads = ("Parameter", "Value", "Unit", "Spread", "Meaning", "Origin")
        blocks.append(_table("Parameters", heads, rows))
    if sheet.output:
        rows = [[_name(name), _text(o.meaning), _number(escape(o.unit))] for name, o in sheet.output.items()]
        blocks.append(_table("Recorded outputs", ("Output", "Meaning", "Unit"), rows))
    return "\n".join([*blocks, "</section>"])


def _reads(model: Model, part: Mechanism) -> str:
    pieces = [
        f'{escape(", ".join(names))} from <a href="#{escape(owner)}">{escape(owner.replace("_", " "))}</a>'
        for (owner, reader), names in readings(model).items()
        if reader == part.id
    ]
    return f"Reads {'; '.join(pieces)}." if pieces else ""


def _integrated(how: str, scale: float) -> str:
    return _number(f"ln(1 + y/{_value(scale)})" if how == "log" else f"y, scale {_value(scale)}")


def _parameter(name: str, quantity: Quantity, sheet: Quantity) -> list[str]:
    changed = quantity != sheet
    value = _value(quantity.value) + (
        f' <span class="tag changed">sheet: {_value(sheet.value)}</span>' if changed else ""
    )
    spread = (
        f"± {quantity.spread:g} {'' if quantity.spread_scale == 'normal' else quantity.spread_scale}"
        if quantity.spread
        else ""
    )
    tags = f'<span class="tag">{quantity.kind}</span>'
    if quantity.status == "unverified":
        tags += ' <span class="tag unverified">unverified</span>'
    origin = "; ".join(_linked(text) for text in (quantity.source, quantity.where, quantity.note) if text)
    return [
        _name(name),
        _number(value),
        _number(escape(quantity.unit)),
        _number(spread),
        _text(quantity.meaning),
        f'<td class="text origin">{tags} {origin}</td>',
    ]


def _linked(text: str) -> str:
    return _DOI.sub(lambda match: f'<a href="https://doi.org/{match[1]}">{match[0]}</a>', escape(text))


def _neutral(model: Model) -> str:
    if not model.neutral:
        return ""
    rows = [[_name(name), _number(_value(n.value)), _number(escape(n.unit))] for name, n in model.neutral.items()]
    table = _table("Left out", ("Name", "Value", "Unit"), rows)
    return f'<section class="mechanism"><h2>Stand-ins</h2><p>Mechanisms that this recipe leaves out give way to these values.</p>{table}</section>'


def _value(number: float) -> str:
    """A number for readers: 2.5·10¹¹ and not 2.5e+11."""
    mantissa, _, exponent = f"{number:g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10<sup>{int(exponent)}</sup>"
    return power if mantissa == "1" else f"{mantissa}·{power}"


def _name(text: str) -> str:
    return f'<td class="name">{escape(text)}</td>'


def _number(markup: str) -> str:
    return f'<td class="number">{markup}</td>'


def _text(text: str) -> str:
    return f'<td class="text">{escape(text)}</td>'


def _table(title: str, heads: tuple[str, ...], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<h3>{escape(title)}</h3>\n<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"

"""A network's run as a page and as terminal rows: where the time goes, who is lost, lines and lists, policies, sample patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from livingdrug.manufacturing.network.journeys import AT_FACTORY, CHAIR_QUEUE, LIST, QUEUE, STAGES, UNITS
from livingdrug.manufacturing.network.measures import QUEUED_FOR, limited
from livingdrug.manufacturing.network.policies import policy as policy_of
from livingdrug.reports.charts.gantt import Row, Stay, draw_gantt
from livingdrug.reports.html import page, write_page
from livingdrug.reports.page import Card, Cards, Figure, Note, Section, Table
from livingdrug.reports.words import DASH, interval, known, percent, plain
from livingdrug.trial.logistics import Estimate, Logistics

ROLES = (
    "waits", "waits", "treated", "travels", "waits", "grows", "waits", "tested", "travels", "waits", "waits", "treated",
)  # fmt: skip
"""Colour of each of `STAGES`."""
LEGEND = (
    ("box stay waits", "waits: for a slot, a chair, a line, an analyst, a bed"),
    ("box stay treated", "apheresis; lymphodepletion"),
    ("box stay travels", "on the road"),
    ("box stay grows", "culture"),
    ("box stay tested", "testing"),
)
ENDS_LEGEND = (("death", "lost: died, or beyond treatment"), ("open-end", "no product, or wrong cells"))
TIER, CENTRE = "tier ", "centre "


def write_logistics(found: Logistics, path: Path) -> Path:
    """Write the page; see `livingdrug.reports.html.write_page` for what may be wrong with the place."""
    return write_page(path, render(found))


def render(found: Logistics) -> str:
    """The page as HTML text."""
    facts, network = found.manifest, found.network
    meta = [
        f"{facts['patients']:,} patients in each of {facts['replicates']} replicates", f"seed {facts['seed']}",
        f"{len(network.centres)} centres, {len(network.factories)} factories",
    ]  # fmt: skip
    sections = [_time(found), _lost(found), _places(found), *([_policies(found)] if len(network.policies) > 1 else []),
                *([_patients(found)] if found.stays.height else []), _assumed(found)]  # fmt: skip
    return page(
        "A network that makes cells",
        network.title,
        lead(found),
        meta,
        sections,
        cards=_cards(found),
        version=facts["livingdrug"],
    )


def lead(found: Logistics) -> str:
    """The result in two sentences."""
    treated, median = found.estimate("infused"), found.estimate("vein to vein, median")
    list_, chair, line = (found.estimate("days in stage, mean", STAGES[k]).mean for k in (LIST, CHAIR_QUEUE, QUEUE))
    return (
        f"Of the patients referred, {_percent(treated)} are infused with their own cells, at a median of {_days(median)} from vein to"
        f" vein. Before that they wait {_mean_days(list_ + chair)} for a slot and a chair on average; before a line, {_mean_days(line)}."
    )


def key_rows(found: Logistics, policy: str) -> list[tuple[str, str, str]]:
    """Name, value and interval of the numbers that a planner looks at first."""
    costs = found.network.costs
    rows = [(words, _share_of(found, name, policy=policy)) for name, words in (
        ("infused", "Infused"), ("never treated", "Never treated"), ("lost while waiting", "… lost while waiting"),
        ("no product", "… no product"), ("infused out of specification", "Infused out of specification"),
        ("infused with another patient's cells", "Infused with another patient's cells"),
    )]  # fmt: skip
    rows += [(words, _amount(found.estimate(name, policy=policy), " day")) for name, words in (
        ("referral to infusion, median", "Referral to infusion, median"), ("vein to vein, median", "Vein to vein, median"),
        ("vein to vein, slowest tenth", "Vein to vein, slowest tenth from"),
    )]  # fmt: skip
    rows += [(f"{words} per year", _amount(found.estimate(f"{words.lower()} per year", policy=policy)))
             for words in ("Infused", "Lost while waiting")]  # fmt: skip
    if costs.any:
        for name in ("cost per patient infused", "cost per patient referred"):
            rows.append((f"{name.capitalize()}, {costs.currency}", _amount(found.estimate(name, policy=policy))))
    return [(name, *told) for name, told in rows]


def stage_rows(found: Logistics, policy: str) -> list[tuple[str, str, str, str]]:
    """Stage, mean days of the infused with interval, slowest tenth, lost there."""
    rows = []
    for stage in STAGES:
        if _empty(found, stage, policy):
            continue
        mean = _amount(found.estimate("days in stage, mean", stage, policy))
        tenth = plain(found.estimate("days in stage, slowest tenth", stage, policy).mean)
        rows.append(
            (
                _stage(stage),
                f"{mean[0]}\n{mean[1]}",
                tenth,
                percent(found.estimate("lost in stage", stage, policy).mean, 1),
            )
        )
    return rows


def place_rows(found: Logistics, policy: str) -> list[tuple[str, str, str, str]]:
    """Place, what is counted there, its mean, its interval."""
    rows = []
    for name, _, units, there, queue in limited(found.network):
        if there is not None:
            rows.append(
                (
                    name,
                    f"{there} {UNITS[units] if there > 1 else UNITS[units][:-1]}, in use",
                    *_share(found.estimate(f"{UNITS[units]} in use", name, policy)),
                )
            )
        waiting, who = f"waiting for {QUEUED_FOR[queue]}", "bags" if queue in AT_FACTORY else "patients"
        rows.append((name, f"{who} {waiting}", *_amount(found.estimate(waiting, name, policy))))
    return rows


def _empty(found: Logistics, stage: str, policy: str) -> bool:
    """Whether nobody ever waited there: a place without a limit."""
    return (
        not found.values("days in stage, mean", stage, policy).any()
        and not found.values("lost in stage", stage, policy).any()
    )


def difference_rows(found: Logistics, policy: str) -> list[tuple[str, str, str]]:
    """What another policy changes against the network's own, on the same patients, with interval."""
    rows = []
    for place in ("", *(f"{TIER}{tier.name}" for tier in found.network.tiers if len(found.network.tiers) > 1)):
        change = found.difference("infused", policy, place)
        of = f", {place.removeprefix(TIER)}" if place else ""
        rows.append((f"Infused{of}", *_points(change)))
    change = found.difference("lost while waiting", policy)
    rows.append(
        (
            "Lives lost while waiting, per 100 referred",
            _signed(100 * change.mean),
            _between(100 * change.low, 100 * change.high),
        )
    )
    for name in ("referral to infusion, median", "vein to vein, median"):
        change = found.difference(name, policy)
        rows.append((f"{name.capitalize()}, day", _signed(change.mean), _between(change.low, change.high)))
    costs = found.network.costs
    if costs.any:
        change = found.difference("cost per patient infused", policy)
        told = f"{change.mean:+,.0f}" if known(change.mean) else DASH
        rows.append(
            (
                f"Cost per patient infused, {costs.currency}",
                told,
                interval(change.low, change.high, "{:+,.0f}".format, missing=DASH),
            )
        )
    return rows


def _cards(found: Logistics) -> Cards:
    cards = []
    for name, words in (("infused", "Infused"), ("never treated", "Never treated")):
        value, interval = _share_of(found, name)
        cards.append(Card(words, value, f"of those referred; 95 % interval {interval}"))
    value, interval = _amount(found.estimate("vein to vein, median"))
    cards.append(Card("Vein to vein, median", f"{value} d", f"95 % interval {interval}"))
    if found.network.costs.any:
        value, interval = _amount(found.estimate("cost per patient infused"))
        cards.append(
            Card(f"Cost per patient infused, {found.network.costs.currency}", value, f"95 % interval {interval}")
        )
    else:
        value, interval = _amount(found.estimate("infused per year"))
        cards.append(Card("Infused per year", value, f"95 % interval {interval}"))
    return Cards(tuple(cards))


def _time(found: Logistics) -> Section:
    rows = []
    for policy in found.network.policies:
        day, stays = 0.0, []
        for stage, role in zip(STAGES, ROLES, strict=True):
            mean = found.estimate("days in stage, mean", stage, policy).mean
            if known(mean) and mean > 0.0:
                stays.append(Stay(day, day + mean, role, f"{_stage(stage)}: {mean:.1f} day"))
                day += mean
        if stays:
            rows.append(Row(policy_of(policy).TITLE, stays))
    draw = partial(draw_gantt, rows, title="Days from referral, mean of the infused", lane=30)
    figures = [Figure("Where the time goes", draw, legend=LEGEND)] if rows else []
    columns = ("stage", "mean, day", "slowest tenth", "lost here")
    tables = [
        Table(columns, tuple(stage_rows(found, name)), title=_of(found, "Stage by stage", name))
        for name in found.network.policies
    ]
    return Section("time", "From referral to infusion", "Days of those who were infused, over all attempts to make their cells; "
                   "losses in per cent of all counted.", (*figures, *tables))  # fmt: skip


def _lost(found: Logistics) -> Section:
    parts = []
    for policy in found.network.policies:
        parts.append(
            Table(
                ("", "value", "95 % interval"),
                tuple(key_rows(found, policy)),
                title=_of(found, "Who is treated", policy),
            )
        )
    groups = [f"{TIER}{tier.name}" for tier in found.network.tiers if len(found.network.tiers) > 1]
    groups += [f"{CENTRE}{centre.name}" for centre in found.network.centres if len(found.network.centres) > 1]
    for policy in found.network.policies if groups else ():
        rows = []
        for place in groups:
            told = [_share_of(found, name, place, policy) for name in ("infused", "lost while waiting")]
            days = _amount(found.estimate("vein to vein, median", place, policy))
            rows.append((place.removeprefix(TIER).removeprefix(CENTRE), *("\n".join(one) for one in (*told, days))))
        columns = ("", "infused", "lost while waiting", "vein to vein, median, day")
        parts.append(Table(columns, tuple(rows), title=_of(found, "By group of patients", policy)))
    words = "Everyone is followed to the end of the way: infused, lost while waiting, without a product, or given wrong cells."
    return Section("lost", "Who is treated, and who is lost", words, tuple(parts))


def _places(found: Logistics) -> Section:
    tables = [Table(("place", "", "mean", "95 % interval"), tuple(place_rows(found, name)), title=_of(found, "In use, and waiting", name), words=(1,))
              for name in found.network.policies]  # fmt: skip
    words = "Averages over the days from the end of the warm-up to the last referral."
    return Section("places", "Lines and lists", words, tuple(tables))


def _policies(found: Logistics) -> Section:
    network = found.network
    tables = [
        Table(("", "change", "95 % interval"), tuple(difference_rows(found, name)),
              title=f"{policy_of(name).TITLE}, against {policy_of(network.policy).TITLE.lower()}")
        for name in network.policies[1:]
    ]  # fmt: skip
    words = "The same patients with the same luck under each policy: the intervals are those of paired differences."
    return Section("policies", "Who goes first", words, tuple(tables))


def _patients(found: Logistics) -> Section:
    figures = []
    for policy in found.network.policies:
        rows = sorted(_gantt_rows(found, policy), key=lambda row: row.stays[0].begun)
        title = _of(found, f"{len(rows)} patients, one after another", policy)
        draw = partial(draw_gantt, rows, title="Day of the simulation")
        data = found.stays.filter(found.stays["policy"] == policy)
        figures.append(Figure(title, draw, legend=(*LEGEND, *ENDS_LEGEND), data=data))
    words = "The first patients referred after the warm-up, in the first replicate. A row ends with the infusion unless it is marked."
    return Section("patients", "Sample patients", words, tuple(figures))


def _gantt_rows(found: Logistics, policy: str) -> Iterator[Row]:
    roles = dict(zip(STAGES, ROLES, strict=True))
    for (name,), stays in found.stays.filter(found.stays["policy"] == policy).group_by("patient", maintain_order=True):
        shown = [
            Stay(one["day_from"], one["day_to"], roles[one["stage"]],
                 f"{name}: {_stage(one['stage'])}, {one['place']}, {one['day_to'] - one['day_from']:.1f} day")
            for one in stays.sort("day_from", "day_to").iter_rows(named=True)
        ]  # fmt: skip
        end = stays["end"][0]
        mark = (
            ""
            if end in ("infused", "infused out of specification")
            else "lost"
            if end == "lost while waiting"
            else "none"
        )
        yield Row(str(name), shown, mark, f"{name}: {end}")


def _assumed(found: Logistics) -> Section:
    network, facts = found.network, found.manifest
    rows = [(name, str(facts[name])) for name in ("patients", "replicates", "seed", "network_sha256")]
    rows += [
        ("warm-up", network.warm_up),
        ("routing", network.routing.replace("_", " ")),
        ("begins", str(network.begins)),
    ]
    for tier in network.tiers:
        lost = "the one law of loss" if network.losses else f"loss {tier.loss}"
        rows.append((f"tier {tier.name}", f"{percent(tier.share)} of patients, rank {tier.rank}, {lost}"))
    if network.losses:
        who = network.losses
        rows.append(
            (
                "referred",
                f"{who.population}, {who.disease}; {'bridged as' if who.bridging else 'not bridged;'} {who.making}",
            )
        )
    for centre in network.centres:
        rows.append(
            (
                f"centre {centre.name}",
                f"{centre.arrivals}; slots {centre.slots or 'unlimited'}; {_units(centre.chairs)} chairs, {_units(centre.beds)} beds",
            )
        )
    for factory in network.factories:
        rows.append(
            (
                f"factory {factory.name}",
                f"{factory.lines} lines; {100 * factory.failure:g} % of batches fail, {factory.attempts} attempts",
            )
        )
    told = [Note(f"Warning: {words}") for words in found.warnings]
    note = (
        "A patient's day of loss is drawn beforehand and does not depend on the policy; nobody in the network knows it."
    )
    words = "What the network's file says. Times follow their stated laws; every patient's luck has an address, so a policy changes nothing but the order."
    return Section("assumed", "What was simulated", words, (*told, Table(("", ""), tuple(rows), words=(1,), note=note)))


def _of(found: Logistics, title: str, policy: str) -> str:
    return title if len(found.network.policies) == 1 else f"{title}: {policy_of(policy).TITLE.lower()}"


def _stage(name: str) -> str:
    return {STAGES[LIST]: "list: for a slot"}.get(name, name)


def _units(n: int | None) -> str:
    return "unlimited" if n is None else str(n)


def _share_of(found: Logistics, name: str, place: str = "", policy: str | None = None) -> tuple[str, str]:
    """A share of patients; where it is nought (or all) in every replicate, with the exact interval of all patients together."""
    values = found.values(name, place, policy)
    n = float(found.values("patients counted", place, policy).sum())
    if n and values.size and (not values.any() or (values == 1.0).all()):
        beyond = 100 * (1.0 - 0.025 ** (1.0 / n))
        return percent(values[0], 1), f"0.0 to {beyond:.2g} %" if not values.any() else f"{100 - beyond:.4g} to 100.0 %"
    return _share(found.estimate(name, place, policy))


def _share(found: Estimate) -> tuple[str, str]:
    low, high = max(found.low, 0.0), min(found.high, 1.0)
    return percent(found.mean, 1), f"{100 * low:.1f} to {100 * high:.1f} %" if known(found.low) else DASH


def _amount(found: Estimate, unit: str = "") -> tuple[str, str]:
    value = f"{plain(found.mean)}{unit}" if known(found.mean) else DASH
    return value, f"{plain(max(found.low, 0.0))} to {plain(found.high)}" if known(found.low) else DASH


def _points(found: Estimate) -> tuple[str, str]:
    return f"{_signed(100 * found.mean)} points", _between(100 * found.low, 100 * found.high)


def _signed(value: float) -> str:
    return f"{value:+.2f}" if known(value) else DASH


def _between(low: float, high: float) -> str:
    return f"{low:+.2f} to {high:+.2f}" if known(low) else DASH


def _percent(found: Estimate) -> str:
    value, interval = _share(found)
    return f"{value} (95 % interval {interval})"


def _mean_days(days: float) -> str:
    return f"{days:.1f} days" if known(days) else "no days (nobody was infused)"


def _days(found: Estimate) -> str:
    return f"{plain(found.mean)} days" if known(found.mean) else "no days (nobody was infused)"


def terminal_tables(found: Logistics) -> Iterator[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
    """Title, columns and rows for a terminal."""
    for policy in found.network.policies:
        title = policy_of(policy).TITLE
        yield title, ("", "value", "95 % interval"), list(key_rows(found, policy))
        stages = [(row[0], row[1].replace("\n", "  "), *row[2:]) for row in stage_rows(found, policy)]
        yield f"{title}: stages", ("stage", "mean, day", "slowest tenth", "lost here"), stages
        yield f"{title}: lines and lists", ("place", "", "mean", "95 % interval"), list(place_rows(found, policy))
    for policy in found.network.policies[1:]:
        title = (
            f"{policy_of(policy).TITLE}, against {policy_of(found.network.policy).TITLE.lower()}, on the same patients"
        )
        yield title, ("", "change", "95 % interval"), list(difference_rows(found, policy))

"""Expected values: the promise that cells off the shelf are a supply named in the trial file and one making file, and no code."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.trial.run import run

LOT = {
    "viability": 0.9, "transduction": 0.4, "purity": 0.97, "memory_fraction": 0.2, "copies_per_car_t_cell": 2.0,
    "culture_doublings": 5.0, "fitness": 0.5,
}  # fmt: skip
"""Typical lot of the imaginary bank; those above 0 spread between lots."""
DOSES_PER_LOT = 4
UNITS = {
    "copies_per_car_t_cell": "copy/cell", "dose_wanted_fixed": "cell", "dose_wanted_per_kg": "cell/kg", "booking": "day",
}  # fmt: skip


def number(table: str, name: str, value: float, spread: float = 0.0, scale: str = "log") -> str:
    return (
        f'[{table}.{name}]\nvalue = {value}\nunit = "{UNITS.get(name, "")}"\nmeaning = "Of an imaginary bank"\nkind = "assumed"\n'
        f'source = "made up for a test"\nspread = {spread}\nspread_scale = "{scale}"\n'
    )


def making(out_of_stock: float = 0.25, without: str = "") -> str:
    """A bank of donors' lots, four doses each; `without` leaves out one number."""
    lots = {**LOT, "doses_per_lot": DOSES_PER_LOT, "out_of_stock": out_of_stock, "dose_wanted_fixed": 1e8}
    lots["dose_wanted_per_kg"] = 3e6
    waiting = {"booking": 3.0, "bridged": 0.0, "bridging_hold": 1.0, "tumour_ceiling": 1.0, "loss_background": 0.0,
               "loss_progression": 0.0, "loss_by_bridging": 0.0}  # fmt: skip
    text = 'title = "A bank of donor lots"\nproduct = "banked_cel"\n'
    for name, value in lots.items():
        if name != without:
            text += number("making", name, value, 0.2 if name in LOT else 0.0, "normal" if name == "fitness" else "log")
    return text + "".join(number("waiting", name, value) for name, value in waiting.items())


@pytest.fixture
def bank(tmp_path: Path):
    """Writes a catalogue with a product off the shelf, and a trial of it; answers catalogue and trial."""

    def write(**options) -> tuple[Catalog, Path]:
        files = {
            "product/banked_cel.toml": 'extends = "tisa_cel"\ntitle = "Banked"\nmaking_process = "bank"\n',
            "making/bank.toml": making(**options),
        }
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        catalog = Catalog([tmp_path])
        text = catalog.path("trial", "eliana").read_text(encoding="utf-8").replace('"calibration"', '"design"')
        text = text.replace('product = "tisa_cel"', 'product = "banked_cel"\nsupply = "off_the_shelf"')
        text = text.replace('[arm.apheresis]\nmaking = "tisa_cel_trial"\n', "")
        (tmp_path / "trial.toml").write_text(text, encoding="utf-8")
        return catalog, tmp_path / "trial.toml"

    return write


def test_patients_of_one_lot_share_what_it_is(bank):
    """By hand: patients 1 to 4 share a lot; nobody is collected from; a quarter finds none in stock, whatever the lot."""
    catalog, trial = bank()
    result = run(trial, patients=40, seed=4, threads=1, catalog=catalog, sample=0)
    who = result.frames["who"].with_columns(lot=(pl.col("patient") - 1) // DOSES_PER_LOT)
    for name in ("viability", "memory_fraction", "copies_per_car_t_cell", "culture_doublings"):
        assert (who.group_by("lot").agg(pl.col(name).n_unique())[name] == 1).all(), name
        assert who[name].n_unique() == 40 / DOSES_PER_LOT, name
    assert who["t_cells_collected"].null_count() == who["vein_to_vein_days"].null_count() == 40
    failed = who.filter(pl.col("status") == "manufacturing_failure")
    assert 3 <= failed.height <= 18
    assert set(failed["failure_reason"]) == {"out of stock"}
    assert result.endpoint("manufacturing_failure").table()["n_events"].to_list() == [failed.height]
    assert result.patients.filter(pl.col("status") == "infused")["cmax_copies_per_ug"].null_count() < 20
    # from booking to infusion: three days and the lymphodepletion
    days = who["enrolment_day"].to_numpy()
    assert set(days.tolist()) == {-(3.0 + 6.0)}


def test_a_bank_that_never_runs_out_infuses_everyone(bank):
    # expected: no loss while waiting, always in stock
    catalog, trial = bank(out_of_stock=0.0)
    result = run(trial, patients=12, seed=4, threads=1, catalog=catalog, sample=0)
    assert set(result.patients["status"]) == {"infused"}


def test_a_number_that_the_bank_lacks_is_named_at_the_door(bank):
    # expected: the number and the file, before anything is simulated
    catalog, trial = bank(without="doses_per_lot")

    def never(*_, **__):
        raise AssertionError("simulated")

    with pytest.raises(CatalogError, match=r'making/bank.toml lacks the number "doses_per_lot"') as caught:
        run(trial, patients=12, catalog=catalog, simulate=never)
    assert isinstance(caught.value, BadInput)


def test_a_randomised_arm_uses_up_its_lots_in_the_order_of_its_own_patients(bank):
    """By hand: four doses a lot, so the arm's first four patients share the first lot, its next four the second …, in chunks of any size."""
    catalog, trial = bank(out_of_stock=0.0)
    text = trial.read_text(encoding="utf-8")
    before, arm, after = text.partition("[[arm]]")
    arm, visits, rest = (arm + after).partition("[visits]\n")
    other = arm.replace('name = "tisa-cel"', 'name = "other"')
    trial.write_text(before + '[design]\nkind = "randomised"\n' + arm + other + visits + rest, encoding="utf-8")
    results = [run(trial, patients=40, seed=4, threads=1, chunk=n, catalog=catalog, sample=0) for n in (7, 40)]
    assert results[0].frames["who"].equals(results[1].frames["who"])
    for name in results[0].arms:
        who = results[0].frames["who"].filter(pl.col("arm") == name).sort("patient").with_row_index("place")
        lots = who.group_by(pl.col("place") // DOSES_PER_LOT).agg(pl.col("viability").n_unique())
        assert set(lots["viability"]) == {1}, name
        assert who["viability"].n_unique() == -(-who.height // DOSES_PER_LOT), name

"""Where mechanisms and recipes come from: folders of one's own stand before the package, and texts need no folder."""

from __future__ import annotations

import pickle
import shutil

import pytest

from livingdrug.foundation.errors import ModelError, UnknownName
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import ids, package_texts, texts_in


def test_texts_are_all_that_is_needed(small):
    # expected: the model of the folder, after the folder is gone
    folder = small()
    texts = pickle.loads(pickle.dumps(texts_in([folder])))
    assert set(texts) == {
        "mechanisms/cells.ant", "mechanisms/cells.toml", "mechanisms/drug.ant", "mechanisms/drug.toml",
        "recipes/alone.toml", "recipes/both.toml",
    }  # fmt: skip
    there = assemble("both", texts=texts)
    shutil.rmtree(folder)
    assert assemble("both", texts=texts).sbml == there.sbml


def test_a_folder_may_be_laid_out_like_the_package(small, tmp_path):
    # expected: the same texts from <folder>/model
    plain = texts_in([small()])
    (tmp_path / "own" / "model").mkdir(parents=True)
    for place in ("mechanisms", "recipes"):
        shutil.move(tmp_path / place, tmp_path / "own" / "model" / place)
    assert texts_in([tmp_path / "own"]) == plain


def test_the_first_folder_counts_and_stands_before_the_package(tmp_path):
    # expected: by construction; one file of a pair is enough
    for name, rate in (("first", "0.5"), ("second", "0.25")):
        (tmp_path / name / "mechanisms").mkdir(parents=True)
        text = package_texts()["mechanisms/body.toml"]
        (tmp_path / name / "mechanisms" / "body.toml").write_text(f"# {rate}\n{text}", encoding="utf-8")
    found = texts_in([tmp_path / "first", tmp_path / "second"])
    assert found["mechanisms/body.toml"].startswith("# 0.5")
    value = "value = 70.0"
    assert found["mechanisms/body.toml"].count(value) >= 1
    own = {"mechanisms/body.toml": found["mechanisms/body.toml"].replace(value, "value = 71.0")}
    changed = assemble("b_all_cd19", texts=own).parameters
    before = assemble("b_all_cd19").parameters
    moved = {name for name in before if before[name].value != changed[name].value}
    assert moved
    assert {changed[name].value for name in moved} == {71.0}


def test_no_folder_no_texts(tmp_path):
    # expected: nothing to find
    assert texts_in([tmp_path, tmp_path / "missing"]) == {}
    assert "b_all_cd19" in ids("recipes", package_texts())


def test_what_cannot_be_read_is_told(small):
    # expected: the file's name
    folder = small()
    (folder / "mechanisms" / "cells.ant").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match=r"cells\.ant"):
        texts_in([folder])


def test_a_missing_half_or_whole_is_told(small):
    # expected: which file to write
    texts = texts_in([small()])
    del texts["mechanisms/drug.ant"]
    with pytest.raises(ModelError, match=r"drug\.ant: missing beside"):
        assemble("both", texts=texts)
    del texts["mechanisms/drug.toml"]
    with pytest.raises(UnknownName, match=r"mechanisms/drug\.toml"):
        assemble("both", texts=texts)


def test_a_recipe_may_be_a_path(small, tmp_path):
    # expected: the mechanisms beside its folder
    folder = small()
    assert assemble(folder / "recipes" / "both.toml").sbml == assemble("both", texts=texts_in([folder])).sbml
    with pytest.raises(UnknownName, match="no such file"):
        assemble(tmp_path / "recipes" / "neither.toml")

"""Expected: the largest file of each kind, and one byte more; nothing of the larger one is read."""

import pytest

from livingdrug.catalog import load
from livingdrug.engine.sbml.source import read_model_file
from livingdrug.foundation.errors import BadInput, CatalogError, ModelError
from livingdrug.interop.petab import files
from livingdrug.model import texts


@pytest.mark.parametrize(("read", "error"), [(load.read_text, CatalogError), (texts.read_text, ModelError)])
def test_a_text_larger_than_any_mechanism_is_refused(tmp_path, read, error):
    file = tmp_path / "car_t.ant"
    file.write_bytes(b" " * 4 * 2**20)
    assert len(read(file)) == 4 * 2**20
    with file.open("ab") as more:
        more.write(b" ")
    with pytest.raises(error, match=r"car_t\.ant: 4 MiB, expected .* of at most 4 MiB\.\n  Give the right file"):
        read(file)


@pytest.mark.parametrize(("read", "most"), [(read_model_file, 20), (files._text, 64)])
def test_a_model_or_table_larger_than_any_is_refused(tmp_path, read, most):
    file = tmp_path / "model.xml"
    with file.open("wb") as empty:
        empty.truncate(most * 2**20 + 1)  # takes no room on disk
    with pytest.raises(
        BadInput, match=rf"model\.xml: {most} MiB, expected .* of at most {most} MiB\.\n  Give the right file"
    ):
        read(file)

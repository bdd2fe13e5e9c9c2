"""Expected: the largest file of the catalogue, 4 MiB, and one byte more."""

import pytest

from livingdrug.catalog import load
from livingdrug.foundation.errors import CatalogError, ModelError
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

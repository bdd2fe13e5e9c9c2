"""A table's file: expected cells as a person wrote them, whatever program saved them."""

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables import files
from livingdrug.interop.user_tables.files import read_table

PLAIN = "patient,day,anc\nA,1,0.4\nB,2,1.5\n"


def saved(tmp_path, data):
    file = tmp_path / "table.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter", "n_comments"),
    [
        (PLAIN.encode(), "UTF-8", "comma", 0),
        (PLAIN.encode("utf-8-sig"), "UTF-8", "comma", 0),
        (PLAIN.encode("utf-16"), "UTF-16", "comma", 0),
        ("\ufeff".encode("utf-16-be") + PLAIN.encode("utf-16-be"), "UTF-16", "comma", 0),
        (PLAIN.replace(",", ";").encode(), "UTF-8", "semicolon", 0),
        (PLAIN.replace(",", "\t").encode(), "UTF-8", "tab", 0),
        (PLAIN.replace(",", "|").encode(), "UTF-8", "bar", 0),
        (b"sep=;\n" + PLAIN.replace(",", ";").encode(), "UTF-8", "semicolon", 0),
        (PLAIN.replace("\n", "\r\n").encode(), "UTF-8", "comma", 0),
        (b"# export of 2024, \"raw\n" + PLAIN.encode() + b"# end\n", "UTF-8", "comma", 2),
        (b"\n\n" + PLAIN.encode() + b"\n\n", "UTF-8", "comma", 0),
        (b'"patient","day","anc"\n"A","1","0.4"\n"B","2","1.5"\n', "UTF-8", "comma", 0),
    ],
    ids=range(12),
)  # fmt: skip
def test_the_same_table_however_it_was_saved(tmp_path, data, encoding, delimiter, n_comments):
    table = read_table(saved(tmp_path, data))
    assert table.frame.to_dict(as_series=False) == {"patient": ["A", "B"], "day": ["1", "2"], "anc": ["0.4", "1.5"]}
    assert (table.encoding, table.delimiter, table.n_comments) == (encoding, delimiter, n_comments)


def test_semicolons_win_over_decimal_commas(tmp_path):
    table = read_table(saved(tmp_path, "patient;temp;map\nA;36,8;80,5\nB;39,4;70,5\n"))
    assert table.frame["temp"].to_list() == ["36,8", "39,4"]


def test_latin_1_is_read_and_told(tmp_path):
    table = read_table(saved(tmp_path, "patient,note\nA,Müdigkeit\n".encode("latin-1")))
    assert table.frame["note"].to_list() == ["Müdigkeit"]
    assert table.encoding == "Windows-1252 (Latin-1)"


def test_rows_keep_their_numbers_in_the_spreadsheet(tmp_path):
    # by hand: comment 1, heading 2, A 3, empty 4, B 5 to 6 (a cell of two lines)
    table = read_table(saved(tmp_path, '# c\npatient,note\nA,x\n\nB,"two\nlines"\n'))
    assert table.lines.tolist() == [3, 6]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04zip", "workbook"), (b"\xd0\xcf\x11\xe0old", "workbook"), (b"a,b\n\0,1\n", "not text"), (b"", "empty"),
        (b"# only\n# comments\n", "2 lines begin with #"), (b"a,b\n#1,2\n#3,4\n", "no rows"), (b"a,b\n1,2\n1\n1,2,3\n", "2 rows do not fit"),
        (b"a,a\n1,2\n", "2 times"), (b'a,b\n"1,2\n', "quotation mark"), (",".join(f"c{i}" for i in range(3000)).encode() + b"\n", "3000 columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_reason(tmp_path, data, told):
    with pytest.raises(BadInput, match=told):
        read_table(saved(tmp_path, data))


def test_a_file_beyond_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    with pytest.raises(BadInput, match="expected at most"):
        read_table(saved(tmp_path, PLAIN))


@pytest.mark.parametrize("ends", ["\n", "\r\n", ""])
def test_the_fast_way_gives_the_same_frame(tmp_path, monkeypatch, ends):
    # expected: the other way of reading, which goes row by row
    rng = np.random.default_rng(1)
    rows = [f"P{i},{rng.integers(30)}, {rng.random():.3f} ,{'' if i % 7 else 'x y'}" for i in range(500)]
    file = saved(tmp_path, "\n".join(["patient, day,anc [K/µL],note", *rows]).replace("\n", ends or "\n") + ends)
    slow = read_table(file)
    monkeypatch.setattr(files, "PLAIN_FROM", 0)
    fast = read_table(file)
    assert fast.frame.equals(slow.frame)
    assert fast.lines.tolist() == slow.lines.tolist()
    monkeypatch.setattr(files, "BYTES_AT_ONCE", 100)
    assert read_table(file).frame.equals(slow.frame)


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n1\n", "a,b\n1,2\n\n3,4\n", '"a",b\n1,2\n', "a,b\n1,2,3\n", "#a,b\n1,2\n3,4\n"]
)
def test_the_fast_way_leaves_what_is_not_plain_to_the_other(tmp_path, monkeypatch, text):
    def outcome():
        try:
            return read_table(saved(tmp_path, text)).frame.rows()
        except BadInput as problem:
            return str(problem)

    slow = outcome()
    monkeypatch.setattr(files, "PLAIN_FROM", 0)
    assert outcome() == slow

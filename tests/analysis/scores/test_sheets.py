from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.scores.arff import parse_arff
from analysis.scores.sheetfile import read_sheet
from analysis.scores.sheets import Sheet

HEAD = "@relation toy\n@attribute age numeric\n@attribute 'eye colour' {blue, 'light brown', 'it\\'s'}\n"
SICK = "@attribute sick {no, yes}\n@data\n"


def csv(tmp_path: Path, text: str, **options: bool) -> Sheet:
    path = tmp_path / "toy.csv"
    path.write_bytes(text.encode())
    return read_sheet(path, **options)  # type: ignore[arg-type]  # header only


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_cells_are_parted_by_what_the_first_line_has_most_of(tmp_path: Path, mark: str) -> None:
    text = f"age{mark}sick\n30{mark}no\n\n40{mark} yes \n"
    sheet = csv(tmp_path, text)
    assert {name: cells.tolist() for name, cells in sheet.columns.items()} == {
        "age": ["30", "40"],
        "sick": ["no", "yes"],
    }


def test_quotes_byte_order_marks_and_windows_line_ends(tmp_path: Path) -> None:
    sheet = csv(tmp_path, '\ufeff"a, b",c\r\n"1","x\r\ny"\r\n2,"say ""hi"""\r\n')
    assert list(sheet.columns) == ["a, b", "c"]
    assert sheet.columns["c"].tolist() == ["x\r\ny", 'say "hi"']


def test_usual_marks_and_the_users_own_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(
        "a,b\n" + "".join(f"{mark},1\n" for mark in ("", "NA", "n/a", "NaN", "?", "-", "-999", "7"))
    )
    cells = read_sheet(path, missing=["-999"]).columns["a"]
    assert cells.tolist() == [None] * 7 + ["7"]


@pytest.mark.parametrize(
    "text",
    ["6,148,no\n1,85,yes\n8,183,no\n", "6,,no\n1,85,yes\n8,183,no\n", "red,no\nblue,yes\nred,yes\nblue,no\n"],
)
def test_a_file_without_a_header_loses_no_row(tmp_path: Path, text: str) -> None:
    sheet = csv(tmp_path, text)
    assert len(sheet) == text.count("\n")
    assert next(iter(sheet.columns)) == "column 1"
    assert "has no header" in sheet.notes[0]


def test_a_header_of_years_is_a_question(tmp_path: Path) -> None:
    text = "2019,2020,sick\n1,2,no\n3,4,yes\n"
    with pytest.raises(
        AnalysisError, match="the first row holds '2019' and 'sick', so it may be a header or data"
    ):
        csv(tmp_path, text)
    assert list(csv(tmp_path, text, header=True).columns) == ["2019", "2020", "sick"]
    assert len(csv(tmp_path, text, header=False)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b'a,b\n"1,2\n', "line 2 is not one of a table"),
        (b"a,b\n1,2,3\n", "line 2 has 3 cells, the first 2"),
        (b"a,b,c\n1,2,3\n4,5\n", "line 3 has 2 cells, the first 3"),
        (b"a,\n1,2\n", "column 2 has no name"),
        (b"a,a\n1,2\n", "two columns are named 'a'"),
        (b"a,b\n\xff,2\n", "byte 4 is no UTF-8"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "toy.csv"
    path.write_bytes(text)
    with pytest.raises(AnalysisError, match=said) as error:
        read_sheet(path)
    assert "\n" not in str(error.value)


@given(
    st.lists(
        st.tuples(
            st.floats(-1e6, 1e6), st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_pandas_writes_is_read(rows: list[tuple[float, str]]) -> None:
    from tempfile import TemporaryDirectory

    words = [f"w{text}" for _, text in rows]
    frame = pd.DataFrame({"x": [x for x, _ in rows], "word": words})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "toy.csv"
        frame.to_csv(path, index=False)
        sheet = read_sheet(path, header=True)
    assert [float(cell) for cell in sheet.columns["x"]] == frame["x"].tolist()
    assert sheet.columns["word"].tolist() == [word.strip() for word in words]


def test_dense_and_sparse_rows_say_the_same() -> None:
    dense = parse_arff(HEAD + SICK + "0, blue, no\n4, 'light brown', yes\n?, 'it\\'s', no\n", "toy")
    sparse = parse_arff(HEAD + SICK + "{}\n{0 4, 1 'light brown', 2 yes}\n{0 ?, 1 \"it\\'s\"}\n", "toy")
    for sheet in (dense, sparse):
        np.testing.assert_array_equal(sheet.columns["age"], [0, 4, np.nan])
        assert sheet.columns["eye colour"].tolist() == ["blue", "light brown", "it's"]
        assert sheet.columns["sick"].tolist() == ["no", "yes", "no"]
        assert sheet.weights is None
    assert dense.levels == {"eye colour", "sick"}


def test_rows_may_have_weights() -> None:
    sheet = parse_arff(HEAD + SICK + "1,blue,no,{2.5}\n{0 1, 2 yes}, {0}\n3,'light brown',no\n", "toy")
    assert sheet.weights is not None
    assert sheet.weights.tolist() == [2.5, 0, 1]
    assert sheet.columns["sick"].tolist() == ["no", "yes", "no"]


def test_comments_case_tabs_and_types() -> None:
    text = (
        "% hello\n@RELATION x\n@Attribute a REAL\n@ATTRIBUTE b string\n@attribute c Date 'yyyy'\n"
        "@DATA\n% no\n1\tX-ray\t2001\n\n2,'a, b',2002\n"
    )
    sheet = parse_arff(text, "toy")
    assert sheet.columns["a"].tolist() == [1, 2]
    assert sheet.columns["b"].tolist() == ["X-ray", "a, b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no @data"),
        ("no arff", "line 1: 'no arff' is neither"),
        ("@data\n", "it has no @attribute"),
        ("@relation r\n@attribute a numeric\n@data\nx\n", "line 4: 'x' is no number, as attribute 'a' needs"),
        (HEAD + SICK + "1,blue\n", "line 6: 2 values for 3 attributes"),
        (HEAD + SICK + "1,blue,no,yes\n", "line 6: 4 values for 3 attributes"),
        (HEAD + SICK + "1,blue,yse\n", "line 6: 'yse' is not among the values that attribute 'sick' lists"),
        (HEAD + SICK + "1,'blue,no\n", "line 6: .* is no value: quote it"),
        (HEAD + SICK + "1,blue,no,{-1}\n", "line 6: weight '-1' must be a number of at least 0"),
        (HEAD + SICK + "{7 1}\n", "line 6: '7' is no attribute's number, 0 to 2"),
        (HEAD + SICK + "{0 1, 1}\n", "line 6: attribute 1 has 0 values"),
        (HEAD + SICK + "{0 1\n", "line 6: a sparse row must end with a brace"),
        (HEAD + SICK + "{1 'blue}\n", "line 6: "),
        ("\n@attribute a relational\n@data\n", "^toy: line 2: attribute 'a' is of type 'relational'"),
        ("@attribute a\n@data\n", "attribute 'a' is of type 'nothing'"),
        ("@attribute a {}\n@data\n", "attribute 'a' lists no values"),
        ("@attribute a real\n@attribute a real\n@data\n1,2\n", "two attributes are named 'a'"),
        ("@attribute\n@data\n", "an attribute needs a name and a type"),
    ],
)
def test_an_arff_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(AnalysisError, match=said) as error:
        parse_arff(text, "toy")
    assert "\n" not in str(error.value)


WORDS = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=6)


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 2)), min_size=1, max_size=6),
    st.lists(WORDS, min_size=3, max_size=3, unique=True),
)
def test_any_word_survives_its_quotes(rows: list[tuple[int, int]], words: list[str]) -> None:
    def quoted(word: str) -> str:
        return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"

    declared = f"@attribute x numeric\n@attribute w {{{', '.join(map(quoted, words))}}}\n@data\n"
    dense = "".join(f"{x},{quoted(words[i])}\n" for x, i in rows)
    sparse = "".join(f"{{0 {x}, 1 {quoted(words[i])}}}\n" for x, i in rows)
    for body in (dense, sparse):
        sheet = parse_arff(declared + body, "toy")
        assert sheet.columns["x"].tolist() == [x for x, _ in rows]
        assert sheet.columns["w"].tolist() == [words[i] for _, i in rows]


def test_dense_files_are_scipys(diabetes: Path) -> None:
    from scipy.io import arff

    records, _ = arff.loadarff(diabetes)
    sheet = read_sheet(diabetes)
    frame = pd.DataFrame(records)
    for name, cells in sheet.columns.items():
        expected = frame[name]
        if cells.dtype == object:
            assert cells.tolist() == expected.str.decode("utf-8").tolist()
        else:
            np.testing.assert_array_equal(cells, expected)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"must end in \.csv or \.arff"):
        read_sheet(tmp_path / "toy.xls")

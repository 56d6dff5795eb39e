from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from analysis.errors import AnalysisError
from analysis.scores import tabular
from analysis.scores.tabular import Reading, load

CSV = "age,colour,sick\n30,red,no\n40,blue,yes\n50,red,no\n60,red,yes\n"
ARFF = """@relation toy
@attribute age numeric
@attribute colour {red, blue}
@attribute sick {no, yes}
@data
30,red,no
40,blue,yes
50,red,no
60,red,yes
"""


def test_breast_cancer_needs_no_download() -> None:
    table, bunch = load("breast-cancer"), load_breast_cancer()
    np.testing.assert_array_equal(table.features, bunch.data)
    np.testing.assert_array_equal(table.labels, bunch.target_names[bunch.target] == "malignant")
    assert (table.positive, int(table.labels.sum())) == ("malignant", 212)


@pytest.mark.parametrize(("name", "text"), [("toy.csv", CSV), ("toy.arff", ARFF), ("TOY.CSV", CSV)])
def test_a_file_of_numbers_and_words(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    table = load(str(tmp_path / name))
    assert table.features.tolist() == [[30, 0, 1], [40, 1, 0], [50, 0, 1], [60, 0, 1]]
    assert table.labels.tolist() == [False, True, False, True]
    assert table.positive == "yes"


def test_any_column_may_be_the_target_and_any_class_positive(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(CSV)
    table = load(str(path), target="colour", positive="blue")
    assert table.labels.tolist() == [False, True, False, False]
    assert table.features.shape == (4, 3)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (CSV, {"target": "size"}, "has no column 'size', only age, colour, sick"),
        (CSV, {"target": "age"}, r"'age' of .* holds 4 classes, of which '30' in one row only"),
        (CSV, {"positive": "maybe"}, "'sick' of .* holds no and yes, not 'maybe'"),
        ("sick\nno\nyes\n", {}, "no column to predict 'sick' from"),
        ("age,sick\ninf,no\n1,yes\n", {}, "'age' holds an infinite value in row 1"),
        ("age,sick\n1e999,no\n1,yes\n", {}, "'age' holds an infinite value in row 1"),
        ("age,sick\n,no\n?,yes\n", {}, "'age' holds no value at all"),
        ("age,sick\n1,no\n2,no\n", {}, r"holds 1 classes \(no\), not 2 to 20"),
        (
            "age,sick\n" + "".join(f"1,{k}\n{k},{k}\n" for k in range(21)),
            {},
            r"holds 21 classes \(0, 1, 2, 3, …\)",
        ),
        ("age,sick\n", {}, "there are no rows"),
        ("", {}, "the file is empty"),
        ('a,b\n"1,2\n', {}, "line 2 is not one of a table"),
        (CSV, {"reading": Reading(without=["size"])}, "drop: .* has no column 'size'"),
        (CSV, {"reading": Reading(category=["size"])}, "category: .* has no column 'size'"),
        (CSV, {"reading": Reading(without=["age", "colour", "sick"])}, "no column is left"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, options: dict[str, Any], said: str
) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(text)
    with pytest.raises(AnalysisError, match=said) as error:
        load(str(path), **options)
    assert "\n" not in str(error.value)


def column_of(*cells: str) -> str:
    return "x,age,sick\n" + "".join(
        f"{cell},{k}.5,{'yes' if k % 2 else 'no'}\n" for k, cell in enumerate(cells)
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            ["1", "2", "3O", "4"],
            r"'x' holds numbers, 3 of them, and '3O' in row 3: mend it, .*--missing '3O'",
        ),
        (["1", "2", "unknown", "4"], "and 'unknown' in row 3"),
        (["1", "2", "1_000", "4"], "and '1_000' in row 3"),
        (["1", "2", "3,5", "4"], "and '3,5' in row 3"),
        (["low", "high", "3", "low"], "'x' holds numbers, 1 of them, and 'low' in row 1"),
        (["1,5", "2,5", "1,5", "2,5"], "holds '1,5', which is no number as 1234.5 is"),
        (["12%", "9 %", "12%", "9 %"], "holds '12%', which is no number"),
        (
            ["2020-01-31", "2020-02-01", "2020-01-31", "2020-02-01"],
            "holds dates or times, such as '2020-01-31'",
        ),
        (["31.1.2020", "1.2.2020"] * 2, "holds dates or times"),
        (["12:30", "09:15"] * 2, "holds dates or times"),
        ([f"p{k:03d}" for k in range(30)], "holds 30 different texts in 30 rows, such as 'p000'"),
        (["Red", "red", "blue", "blue"] * 2, "holds both 'Red' and 'red'"),
        (["a  b", "a b", "c", "c"] * 2, "holds both 'a  b' and 'a b'"),
    ],
)
def test_nothing_becomes_a_category_unasked(tmp_path: Path, cells: list[str], said: str) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(column_of(*(f'"{cell}"' for cell in cells)))
    with pytest.raises(AnalysisError, match=said) as error:
        load(str(path))
    assert "\n" not in str(error.value)
    # Each way out that is offered is one.
    insisted = load(str(path), reading=Reading(category=["x"]))
    assert insisted.features.shape == (len(cells), len({*cells}) + 1)
    assert load(str(path), reading=Reading(without=["x"])).features.shape == (len(cells), 1)


def test_a_slip_in_one_cell_may_be_marked_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(column_of("1", "2", "3O", "4"))
    table = load(str(path), reading=Reading(missing=["3o"]))
    np.testing.assert_array_equal(table.features[:, 0], [1, 2, np.nan, 4])
    assert table.incomplete
    assert "Missing values: x 1." in table.notes
    whole = load(str(path), reading=Reading(missing=["3O"], drop=True))
    assert whole.features[:, 0].tolist() == [1, 2, 4]
    assert whole.notes == ("1 row with a missing value left out.",)


def test_categories_are_named_and_a_missing_one_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(CSV.replace("blue", ""))
    table = load(str(path))
    assert table.features.tolist() == [[30, 0, 1], [40, 1, 0], [50, 0, 1], [60, 0, 1]]
    assert table.notes == (
        "Categories: colour (red).",
        "Missing values: colour 1 (a category of its own where words are missing).",
    )


def test_rows_without_a_class_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(CSV.replace("60,red,yes", "60,red,yes\n70,red,?"))
    table = load(str(path))
    assert len(table.target) == 4
    assert "1 row without sick left out." in table.notes


def test_a_column_that_numbers_the_rows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text("id,age,sick\n" + "".join(f"{k},{k * k},{'yes' if k % 3 else 'no'}\n" for k in range(30)))
    assert any(note.startswith("id: a different whole number in every row") for note in load(str(path)).notes)


def test_more_classes_stand_each_against_the_rest_or_one_does(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text("a,b\n" + "".join(f"{k},{'xyz'[k % 3]}\n" for k in range(9)))
    table = load(str(path))
    assert (table.classes, table.positive) == (("x", "y", "z"), None)
    assert load(str(path), positive="y").labels.sum() == 3


def test_weights_from_a_column_or_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "toy.csv"
    path.write_text("w,age,sick\n1,30,no\n2,40,yes\n0,50,no\n1.5,60,yes\n")
    table = load(str(path), reading=Reading(weight="w"))
    assert table.weights is not None
    assert (table.weights.tolist(), table.features.shape) == ([1, 2, 0, 1.5], (4, 1))
    arff = tmp_path / "toy.arff"
    arff.write_text(ARFF.replace("30,red,no", "30,red,no,{3}"))
    weighted = load(str(arff))
    assert weighted.weights is not None
    assert weighted.weights.tolist() == [3, 1, 1, 1]
    assert "gives its rows weights: they are used." in weighted.notes[0]


@pytest.mark.parametrize("text", ["", "no arff", "@relation r\n@attribute a numeric\n@data\nx\n"])
def test_an_arff_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "toy.arff"
    path.write_text(text)
    with pytest.raises(AnalysisError, match=r"toy\.arff"):
        load(str(path))


def test_no_such_file_and_no_such_kind(tmp_path: Path) -> None:
    with pytest.raises(
        AnalysisError, match=r"'nowhere\.csv' is neither a file nor one of breast-cancer, diabetes"
    ):
        load("nowhere.csv")
    (tmp_path / "toy.xls").write_bytes(b"\0")
    with pytest.raises(AnalysisError, match=r"must end in \.csv or \.arff"):
        load(str(tmp_path / "toy.xls"))


def test_without_the_diabetes_set_all_three_ways_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_network(**_: object) -> None:
        raise OSError("no route to host")

    monkeypatch.delenv(tabular.DIABETES_VARIABLE, raising=False)
    monkeypatch.setattr(tabular, "DEBIAN_DIABETES", tmp_path / "diabetes.arff")
    monkeypatch.setattr("sklearn.datasets.fetch_openml", no_network)
    with pytest.raises(AnalysisError) as error:
        load("diabetes")
    for part in ("--data diabetes.arff", "DLSYSLAB_DIABETES", "package weka", "OpenML", "no route to host"):
        assert part in str(error.value)


def test_the_diabetes_set_is_taken_from_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "diabetes.arff"
    path.write_text(ARFF)
    monkeypatch.delenv(tabular.DIABETES_VARIABLE, raising=False)
    monkeypatch.setattr(tabular, "DEBIAN_DIABETES", path)
    assert load("diabetes").source == str(path)
    monkeypatch.setenv(tabular.DIABETES_VARIABLE, str(tmp_path / "gone.arff"))
    with pytest.raises(AnalysisError, match=r"gone\.arff"):
        load("diabetes")


def test_openml_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Bunch:
        frame = pd.DataFrame({"a": [1, 2], "class": ["tested_negative", "tested_positive"]})

    def fetch(*, data_id: int, as_frame: bool, parser: str, n_retries: int, delay: float) -> Bunch:
        assert (data_id, as_frame, parser) == (37, True, "pandas")
        assert n_retries * delay < 1
        return Bunch()

    monkeypatch.delenv(tabular.DIABETES_VARIABLE, raising=False)
    monkeypatch.setattr(tabular, "DEBIAN_DIABETES", tmp_path / "none")
    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    table = load("diabetes")
    assert (table.source, table.labels.tolist()) == ("OpenML 37", [False, True])


def test_the_real_diabetes_set(diabetes: Path) -> None:
    table = load(str(diabetes))
    assert table.features.shape == (768, 8)
    assert (table.positive, int(table.labels.sum())) == ("tested_positive", 268)

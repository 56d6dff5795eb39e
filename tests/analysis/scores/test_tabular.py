from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from analysis.errors import AnalysisError
from analysis.scores import tabular
from analysis.scores.tabular import load

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
        (CSV, {"target": "age"}, r"'age' of .* holds 4 classes \(30, 40, 50, 60\), not 2"),
        (CSV, {"positive": "maybe"}, "'sick' holds no and yes, not 'maybe'"),
        (CSV.replace("blue", ""), {}, "column 'colour' misses 1 of 4 values"),
        ("sick\nno\nyes\n", {}, "no column to predict 'sick' from"),
        ("age,sick\ninf,no\n1,yes\n", {}, "an infinite value"),
        ("", {}, "not a table that can be read"),
        ('a,b\n"1,2\n', {}, "not a table that can be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], said: str
) -> None:
    path = tmp_path / "toy.csv"
    path.write_text(text)
    with pytest.raises(AnalysisError, match=said) as error:
        load(str(path), **options)
    assert "\n" not in str(error.value)


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

    def fetch(*, data_id: int, **_: object) -> Bunch:
        assert data_id == 37
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

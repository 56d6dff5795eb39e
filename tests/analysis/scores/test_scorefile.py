from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.scores import Reading, auroc, load_scores

TEXT = """id,y,a,b,w
r1,sick,.9,3,1
r2,fine,.2,-1,2
r3,sick,.4,inf,1
r4,fine,.6,0,0
r5,sick,,2,1
r6,,.3,1,1
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(TEXT)
    return path


def test_rows_without_truth_or_a_score_are_left_out_for_all_and_told(file: Path) -> None:
    found = load_scores(file, truth="y", scores=["a", "b"])
    assert found.positive == "sick"
    assert found.scored.scores.tolist() == [[0.9, 0.2, 0.4, 0.6], [3, -1, float("inf"), 0]]
    assert found.scored.labels.tolist() == [True, False, True, False]
    assert found.notes == ("2 rows of 6 left out: without truth or a score.",)


def test_by_default_every_other_column_is_a_model(file: Path) -> None:
    found = load_scores(file, truth="y", reading=Reading(without=["id"], weight="w"))
    assert found.scored.names == ("a", "b")
    assert found.scored.weights is not None
    # The example of weight 0 is not there.
    assert found.scored.weights.tolist() == [1, 2, 1]


def test_either_class_may_be_positive(file: Path) -> None:
    sick, fine = (
        load_scores(file, truth="y", scores=["a"], positive=name).scored for name in ("sick", "fine")
    )
    assert auroc(fine.labels, fine.scores[0]) == 1 - auroc(sick.labels, sick.scores[0])


def test_numbers_are_the_same_class_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("y,a\n1,.9\n1.0,.8\n0,.1\n0.00,.2\n")
    found = load_scores(path, truth="y")
    assert (found.positive, found.scored.labels.tolist()) == ("1", [True, True, False, False])


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (TEXT, {"truth": "z"}, "truth: .* has no column 'z', only id, y, a, b, w"),
        (TEXT, {"truth": "y", "scores": ["c"]}, "score: .* has no column 'c'"),
        (TEXT, {"truth": "y", "scores": ["a", "a"]}, "score: 'a' is named twice"),
        (TEXT, {"truth": "y", "scores": ["y"]}, "score: 'y' is the column of truth"),
        (TEXT, {"truth": "y"}, "column 'id' holds 'r1' in row 1, which is no number"),
        (TEXT.replace(".6", "0.6x"), {"truth": "y", "scores": ["a"]}, "column 'a' holds '0.6x' in row 4"),
        (TEXT, {"truth": "y", "scores": ["a"], "positive": "ill"}, "holds fine and sick, not 'ill'"),
        ("y,a\nx,1\ny,2\nz,3\nx,1\ny,2\nz,3\n", {"truth": "y"}, "holds x, y, z: say which is positive"),
        ("y,a\nx,1\ny,\nx,2\n", {"truth": "y"}, "the rows with scores hold one class only"),
        ("y,a\nx,1\nx,2\n", {"truth": "y"}, "holds 1 classes"),
        ("y\nx\nz\n", {"truth": "y"}, "no column of scores"),
        ("y,a,w\nx,1,-1\ny,2,1\n", {"truth": "y", "reading": Reading(weight="w")}, "weight -1 in row 1"),
        ("y,a,w\nx,1,\ny,2,1\n", {"truth": "y", "reading": Reading(weight="w")}, "no weight in row 1"),
        ("y,a,w\nx,1,0\ny,2,1\n", {"truth": "y", "reading": Reading(weight="w")}, "one class without weight"),
        ("y,a\nyes,1\nYes,2\nno,3\n", {"truth": "y"}, "holds both 'Yes' and 'yes'|one row only"),
    ],
)
def test_what_are_no_scores_is_refused(
    tmp_path: Path, text: str, options: dict[str, object], said: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(AnalysisError, match=said) as error:
        load_scores(path, **options)  # type: ignore[arg-type]  # keywords of several kinds
    assert "\n" not in str(error.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="from-scores: there is no file"):
        load_scores(tmp_path / "none.csv", truth="y")

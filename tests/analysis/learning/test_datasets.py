"""Data that is found, refused, or fetched from a server that does not always behave."""

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.errors import AnalysisError
from analysis.learning.datasets import Dataset, Labelled, digits, from_path
from analysis.learning.fashion_mnist import DEBIAN_FOLDER, FILES, TRAIN_IMAGES, fashion_mnist
from analysis.learning.idx import read_idx
from tests.analysis.learning.synthetic import idx, images_and_labels, write_idx_files

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4).filter(lambda s: len(s) != 2)))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("idx") / "some-idx"
    path.write_bytes(idx(array))
    assert np.array_equal(read_idx(path), array)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a", b"", "is no idx file of bytes; it begins with nothing"),
        ("a", b"<html>", "is no idx file of bytes; it begins with 3c 68 74 6d"),
        (
            "a",
            idx(np.zeros((2, 3, 3), np.uint8))[:-1],
            "holds 17 bytes where its header promises 2 × 3 × 3 = 18",
        ),
        ("a", idx(np.zeros(2, np.uint8)) + b"x", "holds 3 bytes where its header promises 2 = 2"),
        ("a", idx(np.zeros((2, 3, 3), np.uint8))[:7], "is no idx file of bytes; it begins with 00 00 08 03"),
        ("a.gz", gzip.compress(bytes(1000), mtime=0)[:-12], "is damaged or cut short; fetch it anew"),
        ("a.gz", b"no gzip", "is damaged or cut short; fetch it anew"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AnalysisError) as refusal:
        read_idx(path)
    assert str(refusal.value) == f"{path}: {complaint}"


def test_a_named_folder_is_taken_at_its_word(tmp_path: Path) -> None:
    write_idx_files(tmp_path, train=40, test=20)
    found = from_path(tmp_path)
    assert (len(found.train), len(found.test)) == (40, 20)
    assert np.array_equal(found.train.images, images_and_labels(40)[0])


def test_unpacked_files_will_do(tmp_path: Path) -> None:
    write_idx_files(tmp_path)
    for path in tmp_path.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert len(from_path(tmp_path).train) == 40


def test_a_file_in_both_forms_is_one(tmp_path: Path) -> None:
    write_idx_files(tmp_path)
    (tmp_path / TRAIN_IMAGES.name).write_bytes(b"stale")
    assert len(from_path(tmp_path).train) == 40


@pytest.mark.parametrize(
    "names",
    [
        ("emnist-letters-{}-images-idx3-ubyte", "emnist-letters-{}-labels-idx1-ubyte", "train", "test"),
        ("{}-images.idx3-ubyte", "{}-labels.idx1-ubyte", "train", "t10k"),
    ],
)
def test_idx_files_of_others_are_told_by_their_names(tmp_path: Path, names: tuple[str, ...]) -> None:
    images, labels, *parts = names
    for seed, part in enumerate(parts):
        arrays = images_and_labels(20, seed)
        for name, array in zip((images, labels), arrays, strict=True):
            (tmp_path / name.format(part)).write_bytes(idx(array))
    found = from_path(tmp_path)
    assert np.array_equal(found.train.images, images_and_labels(20, 0)[0])
    assert np.array_equal(found.test.images, images_and_labels(20, 1)[0])


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
@pytest.mark.parametrize("colours", [(), (3,)])
def test_arrays_in_a_file_will_do(tmp_path: Path, names: tuple[str, ...], colours: tuple[int, ...]) -> None:
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, (count, 4, 6, *colours), dtype=np.uint8) for count in (12, 8)]
    labels = [np.arange(12) % 3, np.arange(8)[:, None] % 3]  # the latter as MedMNIST has them
    arrays = (images[0], labels[0], images[1], labels[1])
    path = tmp_path / "own.npz"
    np.savez(path, val_images=images[0], **dict(zip(names, arrays, strict=True)))  # type: ignore[arg-type]  # numpy's stub has a flag in the way
    found = from_path(path)
    assert (found.name, found.classes) == (str(path), 3)
    assert np.array_equal(found.train.images, images[0])
    assert found.test.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]


def npz(path: Path, **changes: object) -> Path:
    images, labels = images_and_labels(8)
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})  # type: ignore[arg-type]  # as above
    return path


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"x_test": None}, "has nothing for the images to test: it must hold four arrays"),
        ({"train_images": np.zeros((8, 4, 4))}, "has x_train and train_images for the images to train"),
        ({"y_train": np.arange(7)}, "train: 8 images have labels of shape 7; give one label for each image"),
        ({"y_train": np.zeros((8, 4, 4))}, "train: 8 images have labels of shape 8 × 4 × 4; give one"),
        ({"y_train": np.full(8, 0.5)}, "train: labels of float64 must be whole numbers"),
        ({"y_train": np.full(8, np.nan)}, "train: labels of float64 must be whole numbers"),
        ({"y_train": np.array(["cat"] * 8)}, "train: labels of <U3 must be whole numbers"),
        ({"y_train": np.full(8, -1)}, "train: label -1 must be a whole number from 0"),
        ({"y_test": np.full(8, 7)}, ": label 7 of the test images must be below 4"),
        (
            {"x_test": np.zeros((8, 5, 4))},
            ": images to learn from of 4 × 4 pixels and to be tested on of 5 × 4",
        ),
        ({"x_train": np.zeros((8, 0, 0))}, "train: images of shape 8 × 0 × 0 must have a count"),
        ({"x_train": np.zeros((0, 4, 4)), "y_train": np.zeros(0)}, "train: images of shape 0 × 4 × 4 must"),
        ({"x_train": np.full((8, 4, 4), np.inf)}, "train: images of float64 must be finite numbers"),
        ({"x_train": np.full((8, 4, 4), 1e200)}, "train: images must be numbers of at most 1e+30"),
        ({"x_train": np.full((8, 4, 4), 1j)}, "train: images of complex128 must be finite numbers"),
        ({"x_train": np.array([object()] * 8)}, "is damaged, or no .npz file of plain arrays"),
    ],
)
def test_arrays_that_are_no_images(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    path = npz(tmp_path / "own.npz", **changes)
    with pytest.raises(AnalysisError) as refusal:
        from_path(path)
    assert str(refusal.value).startswith(str(path))
    assert complaint in str(refusal.value)


@given(st.integers(0, 10_000), st.one_of(st.integers(0, 255), st.none()))
def test_a_damaged_file_is_one_sentence_or_whole(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int | None
) -> None:
    path = npz(tmp_path_factory.getbasetemp() / "damaged.npz")
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at:] = b"" if byte is None else bytes([byte]) + content[at + 1 :]
    path.write_bytes(content)
    try:
        from_path(path)
    except AnalysisError as error:
        assert str(error).startswith(str(path))  # noqa: PT017  # whether it raises depends on the byte


def test_a_named_folder_is_the_only_place_searched(tmp_path: Path) -> None:
    with pytest.raises(
        AnalysisError, match="has nothing for the images to train: it must hold four idx files"
    ):
        from_path(tmp_path)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    write_idx_files(tmp_path)
    path = tmp_path / f"{TRAIN_IMAGES.name}.gz"
    path.unlink()
    path.mkdir()
    with pytest.raises(AnalysisError) as refusal:
        from_path(tmp_path)
    assert str(refusal.value) == f"{path}: cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ((0, idx(images_and_labels(40)[1])), "train: images of shape 40 must have a count, a height"),
        ((1, idx(images_and_labels(39)[1])), "train: 40 images have labels of shape 39; give one label"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path: Path, spoil: tuple[int, bytes], complaint: str) -> None:
    write_idx_files(tmp_path)
    which, content = spoil
    (tmp_path / f"{FILES[which].name}.gz").write_bytes(gzip.compress(content, mtime=0))
    with pytest.raises(AnalysisError) as refusal:
        from_path(tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path}: {complaint}")


def test_images_and_labels_are_looked_at_wherever_they_come_from() -> None:
    images, labels = images_and_labels(8)
    with pytest.raises(AnalysisError, match="8 images have labels of shape 7"):
        Labelled(images, labels[:7].astype(np.int64))
    part = Labelled(images, labels.astype(np.int64))
    with pytest.raises(AnalysisError, match="must be of one size"):
        Dataset("own", part, Labelled(images[:, 1:], labels.astype(np.int64)))


def test_an_installed_file_of_other_content_is_refused(tmp_path: Path) -> None:
    files = write_idx_files(tmp_path)
    wrong = (replace(files[0], sha256="0" * 64), *files[1:])
    with pytest.raises(AnalysisError, match=r"is not FashionMNIST's train-images.*: its SHA-256 differs"):
        fashion_mnist(installed=tmp_path, files=wrong)
    assert len(fashion_mnist(installed=tmp_path, files=files).train) == 40


def whole(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def truncated(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def corrupt(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    whole(handler, content[:-1] + bytes([content[-1] ^ 1]))


def refused(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    del content
    handler.send_error(403)


class Server(ThreadingHTTPServer):
    """Serves a folder by what `answers` says, one answer per request, the last one for ever."""

    def __init__(self, folder: Path) -> None:
        self.answers: list[Answer] = [whole]
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                answer(self, (folder / self.path.lstrip("/")).read_bytes())

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)  # pooch waits between its attempts
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "served").mkdir()
    with Server(tmp_path / "served") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_is_not_installed_is_downloaded_once(tmp_path: Path, server: Server) -> None:
    files = write_idx_files(tmp_path / "served")
    places = {"installed": tmp_path / "nowhere", "cache": tmp_path / "cache", "upstream": server.address}
    for _ in range(2):
        assert len(fashion_mnist(**places, files=files).train) == 40  # type: ignore[arg-type]  # a mapping of mixed types
    assert server.asked == [f"/{file.name}.gz" for file in files]


def test_a_download_is_tried_four_times(tmp_path: Path, server: Server) -> None:
    files = write_idx_files(tmp_path / "served")
    server.answers = [truncated, corrupt, refused, whole]
    found = fashion_mnist(installed=tmp_path, cache=tmp_path / "cache", upstream=server.address, files=files)
    assert len(found.test) == 20
    assert len(server.asked) == 3 + 4


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (truncated, "no connection, or it broke off"),
        (corrupt, "its checksum differs from md5:"),
        (refused, "the server answered 403"),
    ],
)
def test_a_server_that_never_behaves_leaves_one_sentence_and_no_file(
    tmp_path: Path, server: Server, answer: Answer, reason: str
) -> None:
    files = write_idx_files(tmp_path / "served")
    server.answers = [answer]
    with pytest.raises(AnalysisError) as refusal:
        fashion_mnist(installed=tmp_path, cache=tmp_path / "cache", upstream=server.address, files=files)
    assert f"train-images-idx3-ubyte.gz: could not be downloaded ({reason}" in str(refusal.value)
    assert "--data-dir" in str(refusal.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_server_at_all_is_one_sentence(tmp_path: Path, server: Server) -> None:
    nobody = server.address.replace(str(server.server_port), "9")
    with pytest.raises(AnalysisError, match=r"could not be downloaded \(no connection"):
        fashion_mnist(installed=tmp_path, cache=tmp_path / "cache", upstream=nobody)


@pytest.mark.skipif(
    not DEBIAN_FOLDER.exists(), reason="needs FashionMNIST: install Debian's dataset-fashion-mnist"
)
def test_the_installed_fashion_mnist_is_the_published_one() -> None:
    found = fashion_mnist(cache=Path("/nonexistent"))
    assert found.train.images.shape == (60_000, 28, 28)
    assert found.test.images.shape == (10_000, 28, 28)
    assert np.bincount(found.train.labels).tolist() == [6_000] * 10
    assert np.bincount(found.test.labels).tolist() == [1_000] * 10
    # The first labels as upstream's own README shows them: ankle boot, two T-shirts, a dress.
    assert found.train.labels[:4].tolist() == [9, 0, 0, 3]
    # The mean and deviation that the literature standardises by: 0.2860 and 0.3530.
    assert found.train.images.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert found.train.images.std() / 255 == pytest.approx(0.3530, abs=5e-5)


def test_the_digits_need_no_file() -> None:
    found = digits()
    assert (len(found.train), len(found.test)) == (1297, 500)
    assert found.train.images.shape[1:] == (8, 8)
    assert found.train.images.max() == 240

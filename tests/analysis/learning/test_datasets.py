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
from hypothesis.extra import numpy as arrays

from analysis.errors import AnalysisError
from analysis.learning.datasets import DEBIAN_FOLDER, FILES, TRAIN_IMAGES, digits, fashion_mnist, read_idx
from tests.analysis.learning.synthetic import idx, images_and_labels, write_idx_files

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3).filter(lambda s: len(s) != 2)))
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
    found = fashion_mnist(tmp_path)
    assert (len(found.train), len(found.test)) == (40, 20)
    assert np.array_equal(found.train.images, images_and_labels(40)[0])


def test_unpacked_files_will_do(tmp_path: Path) -> None:
    write_idx_files(tmp_path)
    for path in tmp_path.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert len(fashion_mnist(tmp_path).train) == 40


def test_a_named_folder_is_the_only_place_searched(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"has no train-images-idx3-ubyte\.gz; name the folder"):
        fashion_mnist(tmp_path)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    write_idx_files(tmp_path)
    path = tmp_path / f"{TRAIN_IMAGES.name}.gz"
    path.unlink()
    path.mkdir()
    with pytest.raises(AnalysisError) as refusal:
        fashion_mnist(tmp_path)
    assert str(refusal.value) == f"{path}: cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ((0, idx(images_and_labels(40)[1])), "the files of images and of labels are interchanged"),
        ((1, idx(images_and_labels(39)[1])), "40 images have 39 labels"),
        ((1, idx(np.full(40, 10, np.uint8))), "label 10 must be below 10"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path: Path, spoil: tuple[int, bytes], complaint: str) -> None:
    write_idx_files(tmp_path)
    which, content = spoil
    (tmp_path / f"{FILES[which].name}.gz").write_bytes(gzip.compress(content, mtime=0))
    with pytest.raises(AnalysisError) as refusal:
        fashion_mnist(tmp_path)
    assert str(refusal.value) == f"{tmp_path}: {complaint}"


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

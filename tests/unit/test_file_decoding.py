"""Files that cannot be read, whatever is in them."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.corpus.readers import Format, Problem, read
from knowledge.corpus.readers.file_decoding import open_document, require_utf8
from knowledge.errors import UnreadableFile


def refusal(path: Path, format: Format = Format.AUTO) -> str:  # noqa: A002
    with pytest.raises(UnreadableFile) as caught:
        list(read(path, format))
    return str(caught.value)


@pytest.mark.parametrize("format", Format)
def test_missing_empty_and_folder(tmp_path: Path, format: Format) -> None:  # noqa: A002
    missing = tmp_path / "missing.txt"
    assert refusal(missing, format) == f"{missing} does not exist; check its name."
    assert refusal(tmp_path, format) == f"{tmp_path} is a folder; name the files in it."
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert refusal(empty, format) == f"{empty} is empty; give a file that holds a report."


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    assert "is not a regular file" in refusal(pipe)


def test_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.txt"
    path.write_text("Title\nbody", encoding="utf-8")

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # A test may run as root, who may read everything.
    monkeypatch.setattr(Path, "open", forbidden)
    assert refusal(path) == f"{path} may not be read; give yourself read permission."


def test_a_failing_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.txt"
    path.write_text("Title\nbody", encoding="utf-8")

    def failing(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", failing)
    assert "cannot be read (Input/output error)" in refusal(path)


def test_an_impossible_name() -> None:
    assert "is not a file name" in refusal(Path("a\0b.txt"))


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.json", "a.csv", "a"])
def test_another_encoding_is_named_with_its_byte(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"ab\n" + "خبر".encode("windows-1256"))
    assert "not UTF-8 text at byte 3; save it as UTF-8." in refusal(path)


def test_bytes_are_counted_from_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfab\xff")
    assert "at byte 5;" in refusal(path)


def test_checking_an_encoding_counts_bytes_across_chunks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    chunk = 2**20
    # The last letter of the first chunk is cut in two by its end.
    path.write_bytes(b"x" * (chunk - 1) + "خ".encode() + b"\xff")
    with pytest.raises(UnreadableFile, match=f"at byte {chunk + 1};"), open_document(path) as cut:
        require_utf8(cut)
    path.write_bytes(b"x" * (chunk - 1) + "خ".encode()[:1])
    with pytest.raises(UnreadableFile, match=f"at byte {chunk - 1};"), open_document(path) as cut:
        require_utf8(cut)


def test_lines_too_long_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.corpus.readers.file_decoding.MAX_LINE_BYTES", 64)
    path = tmp_path / "a.jsonl"
    row = '{"publisher": "p", "body": "b"}'
    path.write_text(f"{row}\n{'x' * 1000}\n{row}\n{'x' * 64}", encoding="utf-8")
    first, long, second, last = read(path)
    assert isinstance(long, Problem)
    assert (long.line, long.reason) == (2, "is longer than 0 MiB")
    assert first == second
    assert isinstance(last, Problem)
    assert last.line == 4
    assert last.reason.startswith("broken JSON")


def test_a_json_file_of_nothing_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("oops\noops\n", encoding="utf-8")
    assert "holds no JSON in its first rows" in refusal(path)
    assert [type(row) for row in read(path, Format.REPORT)] == [Problem, Problem]


_PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\n", b"\r", b"\0", b"\xff", b"<p>", b"<script",
     b' type="application/ld+json">', b"</script>", b"ClaimReview", b'"@type":"ClaimReview"',
     b'"claimReview":', b'"claimReviewed":"c"', b'"publisher":"p"', b'"body":"b"', b"publisher",
     b"body", b"text", b"P", b";", b"1e999", b"-1", b'"url":"http://[x"', b'"statements":[{}]',
     "خبر".encode()]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=300) | st.lists(_PIECES, max_size=30).map(b"".join),
    suffix=st.sampled_from([".txt", ".html", ".json", ".jsonl", ".csv", ""]),
    format=st.sampled_from(Format),
)
def test_any_bytes_are_reports_problems_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    suffix: str,
    format: Format,  # noqa: A002
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    try:
        results = list(read(path, format))
    except UnreadableFile as refused:
        results = [Problem(None, str(refused))]
    assert results
    assert all("\n" not in result.reason for result in results if isinstance(result, Problem))

"""Text files -> reports."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.corpus.readers import Defaults, Format, read
from knowledge.domain import ReportDraft, ReportKind
from knowledge.errors import UnreadableFile

BODY = "أعلنت البلدية إغلاق الجسر.\nوقال المدير إن العمل يستمر أسبوعين."


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(f"\n  إغلاق الجسر \n\n{BODY}\n", encoding="utf-8-sig")
    return path


def test_first_line_is_title_and_nothing_is_invented(report: Path) -> None:
    assert list(read(report)) == [
        ReportDraft(title="إغلاق الجسر", language="ar", kind=ReportKind.NEWS, body=BODY)
    ]


def test_defaults_fill_what_the_text_cannot_state(report: Path) -> None:
    defaults = Defaults("صحيفة المثال", "https://example.org/1", date(2024, 3, 5), "ar")
    (draft,) = read(report, Format.TEXT, defaults)
    assert isinstance(draft, ReportDraft)
    assert (draft.publisher, draft.url) == ("صحيفة المثال", "https://example.org/1")
    assert draft.published_at == date(2024, 3, 5)


def test_line_ends_of_other_systems_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(b"Title\r\n\r\nOne.\r\nTwo.\r\n")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert (draft.title, draft.body) == ("Title", "One.\nTwo.")


@pytest.mark.parametrize(
    ("body", "language"),
    [
        ("تقرير عن NATO", "ar"),
        ("The bridge is closed for two weeks.", "en"),
        ("Le pont est fermé pour deux semaines dans la ville.", "fr"),
        ("Мост закрыт", "und"),
        ("2024 - 10", "und"),
    ],
)
def test_language_is_told_by_its_letters(tmp_path: Path, body: str, language: str) -> None:
    path = tmp_path / "report.txt"
    path.write_text(f"Title\n{body}", encoding="utf-8")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert draft.language == language


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Only a title\n\n", "no text under its first line"),
        ("  \n\n ", "no text under its first line"),
        ("T" * 1001 + "\nbody", "title (the first line): has 1,001 characters"),
        ("Title\nbo\0dy", "body: holds a NUL"),
        ("Title\n" + "x" * 10_000_001, "body: has 10,000,001 characters"),
    ],
)
def test_what_is_no_report(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "report.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile) as caught:
        list(read(path))
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_defaults_take_what_a_document_could_state() -> None:
    with pytest.raises(ValueError, match="not an http or https address"):
        Defaults(url="javascript:alert(1)")

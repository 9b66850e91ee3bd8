"""CSV -> reports and problems."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.corpus.readers import Defaults, Format, Problem, read
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.errors import UnreadableFile


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_row_is_a_report_with_a_statement_or_a_body(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "publisher,title,url,published_at,language,kind,body,text,speaker,rating,as_of\r\n"
        'مرصد,عنوان,https://example.org/1,2024-03-05,ar,fact_check,,"قيل ""كذا"", وكذا",فلان,زائف,'
        "2024-03-04\r\n"
        '\r\nExample,T,,,,,"line one\nline two"\r\n',
        "utf-8-sig",
    )
    first, second = read(path)
    assert first == ReportDraft(
        title="عنوان",
        publisher="مرصد",
        url="https://example.org/1",
        published_at=date(2024, 3, 5),
        language="ar",
        kind=ReportKind.FACT_CHECK,
        statements=(
            StatementDraft(
                'قيل "كذا", وكذا',
                speaker="فلان",
                rating=Rating.FALSE,
                rating_text="زائف",
                as_of=date(2024, 3, 4),
            ),
        ),
    )
    assert isinstance(second, ReportDraft)
    assert second.body == "line one\nline two"
    assert second.kind is ReportKind.NEWS


@pytest.mark.parametrize("separator", [";", "\t"])
def test_separators_of_other_spreadsheets(tmp_path: Path, separator: str) -> None:
    path = written(tmp_path, f"Publisher{separator}Text\nP{separator}a, b\n")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert draft.statements[0].text == "a, b"


def test_problems_carry_the_line_their_row_begins_on(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "publisher,text,rating,as_of,body\n"
        'P,"two\nlines",,,\n'
        ",no publisher,,,\n"
        "P,t,,13/02/2024,\n"
        "P,t,,,,,too many\n"
        "P,,زائف,,a body\n"
        'P,"a"b,,,\n'
        "P,last,,,\n"
        'P,"never closed,,,\n',
    )
    good, *problems, last, unclosed = read(path)
    assert isinstance(good, ReportDraft)
    assert isinstance(last, ReportDraft)
    assert problems == [
        Problem(4, "publisher: is missing; say who published the report"),
        Problem(5, "as_of: '13/02/2024' is not an ISO date (YYYY-MM-DD)"),
        Problem(6, "has 7 values for 5 columns"),
        Problem(7, "text: is missing; found 'rating'"),
        Problem(8, "broken CSV (',' expected after '\"')"),
    ]
    assert unclosed == Problem(10, "broken CSV (unexpected end of data)")


def test_a_row_without_text_is_told_what_would_do_and_what_it_has(tmp_path: Path) -> None:
    path = written(tmp_path, "publisher,title,text\nP,The bridge,\n")
    assert list(read(path)) == [
        Problem(
            2,
            "text: is missing; a row needs text (one statement) or body (a whole report);"
            " found 'publisher', 'title'",
        )
    ]


def test_a_publisher_for_the_whole_file(tmp_path: Path) -> None:
    path = written(tmp_path, "body\nThe bridge is closed.\n")
    (draft,) = read(path, Format.AUTO, Defaults(publisher="Given"))
    assert isinstance(draft, ReportDraft)
    assert draft.publisher == "Given"


def test_long_bodies_pass_the_csv_modules_own_bound(tmp_path: Path) -> None:
    path = written(tmp_path, "publisher,body\nP," + "b" * 200_000 + "\n")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert len(draft.body or "") == 200_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("publisher,title\nP,T\n", "no column 'body' or 'text'"),
        ("body\nb\n", "no column 'publisher'"),
        ("publisher,body,Body\nP,b,b\n", "two columns named 'body'"),
        ("publisher" + ",body" * 1_000_000 + "\nP,b\n", "two columns named 'body'"),
        ('publisher,"body\nP,b\n', "no column 'body' or 'text'"),
        ("publisher,body\n", "holds no report"),
    ],
)
def test_a_header_that_cannot_be_used(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        list(read(written(tmp_path, content)))


def test_quoted_unknown_columns_do_not_shift_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, '"a, b",publisher,text\nx,P,t\n')
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert draft.publisher == "P"


def test_another_encoding_is_refused_before_any_row(tmp_path: Path) -> None:
    path = written(tmp_path, "publisher,body\nP,good\nP,خبر\n", "windows-1256")
    with pytest.raises(UnreadableFile, match="not UTF-8 text at byte 24"):
        next(read(path))

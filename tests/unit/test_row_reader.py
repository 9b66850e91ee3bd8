"""Report rows (JSONL, lists, single objects) -> reports and problems."""

import json
import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from knowledge.corpus.readers import Defaults, Format, Problem, read
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.errors import UnreadableFile

BODY = {"publisher": "Example News", "body": "The bridge is closed."}


def written(tmp_path: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    path = tmp_path / name
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_field_of_a_row(tmp_path: Path) -> None:
    row = {
        "ref": "r1",
        "publisher": "صحيفة المثال",
        "title": "عنوان",
        "url": "https://example.org/a?b=ج",
        "published_at": "2024-03-05T23:30:00+03:00",
        "language": "ar-EG",
        "kind": "official",
        "statements": [
            {"ref": "s1", "text": "أغلق الجسر", "speaker": "البلدية", "as_of": "2024-03-04"},
            {"text": "فتح الجسر", "rating": "غير صحيح"},
        ],
        "unknown": {"keys": ["are", "ignored"]},
    }
    assert list(read(written(tmp_path, row))) == [
        ReportDraft(
            title="عنوان",
            publisher="صحيفة المثال",
            url="https://example.org/a?b=ج",
            published_at=date(2024, 3, 5),
            language="ar",
            kind=ReportKind.OFFICIAL,
            statements=(
                StatementDraft("أغلق الجسر", speaker="البلدية", as_of=date(2024, 3, 4), ref="s1"),
                StatementDraft("فتح الجسر", rating=Rating.FALSE, rating_text="غير صحيح"),
            ),
            ref="r1",
        )
    ]


def test_publisher_and_body_are_enough(tmp_path: Path) -> None:
    (draft,) = read(written(tmp_path, BODY))
    assert draft == ReportDraft(
        title="The bridge is closed.",
        publisher="Example News",
        language="en",
        body="The bridge is closed.",
    )


def test_a_missing_title_is_the_first_words_of_the_text(tmp_path: Path) -> None:
    (draft,) = read(written(tmp_path, {**BODY, "body": "word " * 100}))
    assert isinstance(draft, ReportDraft)
    assert draft.title.endswith(" word…")
    assert len(draft.title) <= 121


def test_rated_statements_make_a_fact_check_and_unknown_ratings_stay_unrated(
    tmp_path: Path,
) -> None:
    row = {"publisher": "P", "statements": [{"text": "claim", "rating": "توضيح"}]}
    (draft,) = read(written(tmp_path, row))
    assert isinstance(draft, ReportDraft)
    assert draft.kind is ReportKind.FACT_CHECK
    assert draft.statements[0].rating is None
    assert draft.statements[0].rating_text == "توضيح"


def test_defaults_fill_only_what_a_row_leaves_out(tmp_path: Path) -> None:
    path = written(tmp_path, BODY, {"body": "b"})
    defaults = Defaults("Default", "https://example.org/", date(2024, 1, 1), "fr")
    first, second = read(path, defaults=defaults)
    assert isinstance(first, ReportDraft)
    assert isinstance(second, ReportDraft)
    assert (first.publisher, first.language) == ("Example News", "fr")
    assert second.publisher == "Default"
    assert second.published_at == date(2024, 1, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"body": "b"}, "publisher: is missing; say who published the report"),
        ({"publisher": "  ", "body": "b"}, "publisher: is missing; say who published the report"),
        (
            {"publisher": "p", "text": "The bridge is closed."},
            "body: is missing; a report needs body, or statements with a text each;"
            " found 'publisher', 'text'",
        ),
        ({"publisher": "p", "statements": []}, "body: is missing; a report needs body, or"),
        ({"publisher": 7, "body": "b"}, "publisher: must be text, not a number"),
        ({"publisher": "p", "body": ["b"]}, "body: must be text, not a list"),
        (
            BODY | {"published_at": "2019-13-40"},
            "published_at: '2019-13-40' is not an ISO date (YYYY-MM-DD)",
        ),
        (BODY | {"published_at": "٢٠١٩-٠١-٠١"}, "published_at: '٢٠١٩-٠١-٠١' is not an ISO date"),
        (BODY | {"published_at": 20190101}, "published_at: must be text, not a number"),
        (
            BODY | {"url": "javascript:alert(1)"},
            "url: 'javascript:alert(1)' is not an http or https address",
        ),
        (BODY | {"url": "https://"}, "url: 'https://' is not an http or https address"),
        (BODY | {"url": "http://[::1"}, "url: 'http://[::1' is not an http or https address"),
        (BODY | {"url": "https://a.b/\tc"}, r"url: 'https://a.b/\tc' is not an http"),
        (BODY | {"language": "العربية"}, "language: 'العربية' is not a language code such as 'ar'"),
        (BODY | {"kind": "gossip"}, "kind: 'gossip' is none of news, fact_check, official"),
        (BODY | {"title": "t" * 1001}, "title: has 1,001 characters, at most 1,000 are taken"),
        (BODY | {"title": "a\0b"}, "title: holds a NUL or a broken character"),
        (BODY | {"statements": {}}, "statements: must be a list, not an object"),
        (BODY | {"statements": ["s"]}, "statements[0]: must be an object, not text"),
        (
            {"publisher": "p", "statements": [{"text": t, "ref": "r"} for t in "ab"]},
            "statements[1].ref: 'r' is that of statements[0] already; give each its own",
        ),
        (BODY | {"statements": [{"text": "s"}, {}]}, "statements[1].text: is missing"),
        (
            BODY | {"statements": [{"text": "s" * 10_001}]},
            "statements[0].text: has 10,001 characters, at most 10,000 are taken",
        ),
        (BODY | {"statements": [{}] * 10_001}, "statements: has 10,001 of them, at most 10,000"),
        (
            BODY | {"statements": [{"text": "s", "as_of": "yesterday"}]},
            "statements[0].as_of: 'yesterday' is not an ISO date",
        ),
        (["not", "an", "object"], "must be an object, not a list"),
        ("7", "must be an object, not a number"),
        ('{"publisher": "p", "body": "\\ud800"}', "body: holds a NUL or a broken character"),
        ('{"publisher": "p", "body": "b"', "broken JSON at column 31 (Expecting ',' delimiter)"),
        ("[" * 100_000, "JSON nested too deeply"),
        ('{"a": ' + "9" * 5_000 + "}", "JSON with a number too long to read"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_on(tmp_path: Path, row: object, reason: str) -> None:
    good_before, bad, good_after = read(written(tmp_path, BODY, "", row, BODY), Format.REPORT)
    assert isinstance(good_before, ReportDraft)
    assert isinstance(good_after, ReportDraft)
    assert isinstance(bad, Problem)
    assert bad.line == 3
    assert bad.reason.startswith(reason)


def test_a_line_that_is_not_utf8_is_that_rows_problem(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps(BODY).encode()
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\n" + b'{"body": "\xc7"}' + b"\n" + good)
    first, bad, last = read(path)
    assert isinstance(first, ReportDraft)
    assert isinstance(last, ReportDraft)
    assert bad == Problem(2, f"is not UTF-8 text (byte {3 + len(good) + 1 + 10} of the file)")


def test_a_list_of_rows_and_a_single_printed_row(tmp_path: Path) -> None:
    listed = written(tmp_path, [BODY, {"body": "b"}], name="list.json")
    good, bad = read(listed)
    assert isinstance(good, ReportDraft)
    assert bad == Problem(None, "row 2: publisher: is missing; say who published the report")

    printed = tmp_path / "one.json"
    printed.write_text(json.dumps(BODY, indent=2), encoding="utf-8")
    assert [type(draft) for draft in read(printed)] == [ReportDraft]

    printed_list = tmp_path / "printed.json"
    printed_list.write_text("[\n" + json.dumps(BODY) + "\n]", encoding="utf-8")
    assert [type(draft) for draft in read(printed_list)] == [ReportDraft]


def test_rows_under_any_name(tmp_path: Path) -> None:
    for name in ("rows.json", "rows.dat", "rows.ndjson"):
        path = written(tmp_path, '{"broken', BODY, BODY, name=name)
        assert [type(draft) for draft in read(path)] == [Problem, ReportDraft, ReportDraft]


def test_broken_document_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{\n "publisher": "p",\n "body": oops\n}', encoding="utf-8")
    with pytest.raises(UnreadableFile, match="broken JSON at line 3, column 10"):
        list(read(path))


def test_rows_are_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = json.dumps({**BODY, "body": "b" * 10_000}).encode() + b"\n"
    with path.open("wb") as file:
        for _ in range(2_000):
            file.write(row)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path)) == 2_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(row) * 2_000 / 10

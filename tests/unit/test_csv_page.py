"""The page about report files has every field with its bounds, and its examples go in."""

import re
from pathlib import Path

import pytest

from knowledge.corpus.readers import Format, fields, read
from knowledge.corpus.readers.csv_reader import REPORT_COLUMNS, STATEMENT_COLUMNS
from knowledge.domain import Rating, ReportDraft, ReportKind
from tests.pages import ROOT, blocks

FILE = ROOT / "docs" / "csv.md"
PAGE = FILE.read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([\w\[\].]+)` \| (.+) \|$", PAGE, re.MULTILINE))
EXAMPLES = {block.file: block.text for block in blocks(FILE) if block.file}


def test_every_field_is_explained_and_no_other() -> None:
    columns = {*REPORT_COLUMNS, *STATEMENT_COLUMNS}
    nested = {f"statements[].{name}" for name in (*STATEMENT_COLUMNS, "ref")}
    assert set(ROWS) == {*columns, "statements", *nested}


@pytest.mark.parametrize(
    ("column", "limit"),
    [
        ("publisher", fields.MAX_PUBLISHER),
        ("title", fields.MAX_TITLE),
        ("url", fields.MAX_URL),
        ("ref", fields.MAX_REF),
        ("body", fields.MAX_BODY),
        ("text", fields.MAX_STATEMENT),
        ("speaker", fields.MAX_SPEAKER),
        ("rating", fields.MAX_RATING),
    ],
)
def test_the_bounds_are_the_programs(column: str, limit: int) -> None:
    assert re.search(rf"\| {limit:,}( characters)?$", ROWS[column])
    assert f"{fields.MAX_STATEMENTS:,} at most" in ROWS["statements"]


def test_every_kind_and_format_is_named() -> None:
    assert all(f"`{kind}`" in ROWS["kind"] for kind in ReportKind)
    assert {Format.CSV, Format.CLAIMREVIEW} <= set(Format)


def drafts(folder: Path, name: str) -> list[ReportDraft]:
    file = folder / name
    file.write_text(EXAMPLES[name], "utf-8")
    found = list(read(file))
    assert all(isinstance(each, ReportDraft) for each in found)
    return [each for each in found if isinstance(each, ReportDraft)]


def test_the_table_uses_every_column_and_is_read_as_the_page_says(tmp_path: Path) -> None:
    header = EXAMPLES["reports.csv"].splitlines()[0].split(",")
    assert set(header) == {*REPORT_COLUMNS, *STATEMENT_COLUMNS} - {"body"}
    bridge, crocodile = drafts(tmp_path, "reports.csv")
    assert (bridge.publisher, bridge.ref, bridge.kind) == ("City Bulletin", "bridge-1", "news")
    assert bridge.statements[0].speaker == "The mayor"
    assert str(bridge.statements[0].as_of) == "2024-04-30"
    assert crocodile.kind is ReportKind.FACT_CHECK
    assert crocodile.statements[0].rating is Rating.FALSE


def test_the_rows_have_bodies_and_several_statements(tmp_path: Path) -> None:
    official, checked = drafts(tmp_path, "reports.jsonl")
    assert official.kind is ReportKind.OFFICIAL
    assert official.body
    assert [each.ref for each in checked.statements] == ["c1", "c2"]
    assert [each.rating for each in checked.statements] == [Rating.FALSE, Rating.MIXED]
    # Nobody said that it is one: the ratings do.
    assert checked.kind is ReportKind.FACT_CHECK


@pytest.mark.parametrize("rating", re.findall(r"`(\S+?)`", ROWS["rating"]))
def test_the_ratings_that_the_page_names_are_understood(tmp_path: Path, rating: str) -> None:
    file = tmp_path / "rated.csv"
    file.write_text(f"publisher,text,rating\nRumour Watch,A crocodile was seen,{rating}\n", "utf-8")
    (draft,) = read(file)
    assert isinstance(draft, ReportDraft)
    assert draft.statements[0].rating is not None

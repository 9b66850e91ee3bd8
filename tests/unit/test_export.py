"""What is given out: ClaimReview with what Google requires, CSV without formulas, RSS."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest

from knowledge.corpus.readers import Format, read
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementStatus
from knowledge.export import claim_reviews, rss, table
from knowledge.export.rss_export import Channel

CHECK = SourcedStatement(
    id=7,
    ref="s1",
    text="أغلق الجسر إلى الأبد",
    status=StatementStatus.PUBLISHED,
    speaker="مستخدمون",
    rating=Rating.FALSE,
    rating_text="زائف",
    as_of=date(2024, 4, 3),
    report_ref="r1",
    title="الجسر لم يغلق إلى الأبد",
    publisher="مرصد المثال",
    url="https://example.org/checks/1",
    published_at=date(2024, 4, 5),
    language="ar",
    kind=ReportKind.FACT_CHECK,
)
CHANNEL = Channel("t", "https://example.org/", "d")
AT = datetime(2024, 4, 6, 12, tzinfo=UTC)


def rating_name(rating: Rating, language: str) -> str:
    return f"{rating.value} in {language}"


class TestClaimReview:
    def test_has_what_google_requires(self) -> None:
        (element,) = json.loads("".join(claim_reviews([CHECK])))["dataFeedElement"]
        (review,) = element["item"]
        assert review == {
            "@type": "ClaimReview",
            "url": CHECK.url,
            "claimReviewed": CHECK.text,
            "headline": CHECK.title,
            "inLanguage": "ar",
            "datePublished": "2024-04-05",
            "author": {"@type": "Organization", "name": CHECK.publisher},
            "itemReviewed": {
                "@type": "Claim",
                "name": CHECK.text,
                "author": {"@type": "Thing", "name": CHECK.speaker},
                "datePublished": "2024-04-03",
            },
            "reviewRating": {
                "@type": "Rating",
                "alternateName": "زائف",
                "ratingValue": 1,
                "bestRating": 5,
                "worstRating": 1,
            },
        }

    @pytest.mark.parametrize("lack", [{"url": None}, {"rating": None, "rating_text": None}])
    def test_what_lacks_a_required_field_is_left_out(self, lack: dict[str, None]) -> None:
        lines = "".join(claim_reviews([replace(CHECK, **lack)]))  # type: ignore[arg-type]
        assert json.loads(lines)["dataFeedElement"] == []

    @pytest.mark.parametrize("rating", [Rating.SATIRE, Rating.UNPROVEN, Rating.MISLEADING, None])
    def test_a_rating_off_the_scale_has_no_number(self, rating: Rating | None) -> None:
        lines = "".join(claim_reviews([replace(CHECK, rating=rating)]))
        (element,) = json.loads(lines)["dataFeedElement"]
        assert element["item"][0]["reviewRating"] == {"@type": "Rating", "alternateName": "زائف"}

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_is_read_again(self, tmp_path: Path, count: int) -> None:
        path = tmp_path / "out.json"
        path.write_text("".join(claim_reviews([CHECK] * count)), "utf-8")
        found = list(read(path, Format.AUTO))
        assert len(found) == count
        assert isinstance(found[0], ReportDraft)
        (statement,) = found[0].statements
        assert (statement.text, statement.rating, statement.speaker, statement.as_of) == (
            CHECK.text, CHECK.rating, CHECK.speaker, CHECK.as_of
        )  # fmt: skip

    def test_may_stand_in_a_page(self) -> None:
        hostile = replace(CHECK, text="</script><script>alert(1)</script>")
        written = "".join(claim_reviews([hostile]))
        assert "<" not in written
        assert "</script>" in json.loads(written)["dataFeedElement"][0]["item"][0]["claimReviewed"]


class TestCsv:
    @pytest.mark.parametrize(
        "text",
        [
            "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1",
            "\u200f=1", "\u00a0=1", "＝1+1", "\ufeff@x", "\t1",
        ],
    )  # fmt: skip
    def test_no_cell_is_a_formula(self, text: str) -> None:
        hostile = replace(CHECK, text=text, title=text, speaker=text, publisher=text)
        rows = list(csv.reader(io.StringIO("".join(table([hostile])), newline="")))
        assert sum(cell == f"'{text}" for cell in rows[1]) == 4
        assert not any(
            cell.strip("\u200f\ufeff \t\r\n")[:1] in tuple("=+-@＝") for cell in rows[1] if cell
        )

    def test_separators_and_quotes_stay_in_their_cell(self) -> None:
        hostile = replace(CHECK, text='a",=cmd;\t"b\r\n=c')
        rows = list(csv.reader(io.StringIO("".join(table([hostile])), newline="")))
        assert [len(row) for row in rows] == [12, 12]
        assert rows[1][8] == hostile.text

    def test_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "out.csv"
        path.write_text("".join(table([CHECK])), "utf-8", newline="")
        (draft,) = read(path, Format.AUTO)
        assert isinstance(draft, ReportDraft)
        assert (draft.title, draft.publisher, draft.url, draft.published_at, draft.ref) == (
            CHECK.title, CHECK.publisher, CHECK.url, CHECK.published_at, "r1"
        )  # fmt: skip
        assert draft.statements[0].rating_text == "زائف"


class TestRss:
    def test_is_a_feed(self) -> None:
        parsed = feedparser.parse(io.BytesIO(rss([(CHECK, AT)], CHANNEL, rating_name).encode()))
        assert (parsed.version, parsed.bozo) == ("rss20", False)
        (entry,) = parsed.entries
        assert entry.link == CHECK.url
        assert entry.title == f"زائف: {CHECK.text}"
        assert "زائف" in entry.description
        assert entry.published == "Sat, 06 Apr 2024 12:00:00 +0000"

    @pytest.mark.parametrize(
        ("rating", "wording", "before"),
        [
            (Rating.FALSE, "Pants on Fire", "Pants on Fire: "),
            (Rating.FALSE, None, "False in ar: "),
            (Rating.FALSE, "We looked into it and found " + "nothing " * 9, "False in ar: "),
            (Rating.MISLEADING, None, "Misleading in ar: "),
            (None, "Nonsense on stilts", "Nonsense on stilts: "),
            (Rating.TRUE, "True", ""),
        ],
    )
    def test_a_claim_that_is_not_supported_never_stands_bare_in_a_title(
        self, rating: Rating | None, wording: str | None, before: str
    ) -> None:
        rated = replace(CHECK, rating=rating, rating_text=wording)
        item = ElementTree.fromstring(rss([(rated, AT)], CHANNEL, rating_name)).find("channel/item")  # noqa: S314
        assert item is not None
        assert item.findtext("title") == before + CHECK.text

    @pytest.mark.parametrize(
        ("kind", "title"),
        [(ReportKind.FACT_CHECK, CHECK.title), (ReportKind.NEWS, CHECK.text)],
    )
    def test_what_has_no_rating_is_titled_by_its_kind(self, kind: ReportKind, title: str) -> None:
        unrated = replace(CHECK, rating=None, rating_text=None, kind=kind)
        feed = rss([(unrated, AT)], CHANNEL, rating_name)
        item = ElementTree.fromstring(feed).find("channel/item")  # noqa: S314
        assert item is not None
        assert item.findtext("title") == title

    def test_no_text_becomes_markup(self) -> None:
        text = "<script>alert(1)</script> \u202e& ]]> \x00\x0b"
        hostile = replace(CHECK, text=text, title=text, speaker=text, rating_text=text)
        feed = rss([(hostile, AT)], CHANNEL, rating_name)
        item = ElementTree.fromstring(feed).find("channel/item")  # noqa: S314
        assert item is not None
        for name in ("title", "description"):
            shown = item.findtext(name) or ""
            assert "<script" not in shown
            assert "&lt;script&gt;" in shown
            assert "\u202e" not in shown

    def test_nothing_published_is_an_empty_feed(self) -> None:
        assert ElementTree.fromstring(rss([], CHANNEL, rating_name)).find("channel/item") is None  # noqa: S314

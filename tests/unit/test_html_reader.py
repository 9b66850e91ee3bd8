"""Saved web pages -> reports."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.corpus.readers import Defaults, Format, read
from knowledge.domain import ReportDraft, ReportKind
from knowledge.errors import UnreadableFile

FIRST = "أعلنت بلدية المدينة يوم الثلاثاء إغلاق جسر الشمال أمام المركبات لمدة أسبوعين."
SECOND = "وقال مدير الطرق إن العمل سينتهي قبل نهاية الشهر ودعا إلى استخدام الجسر الجنوبي."
ARTICLE = f"<article><h1>إغلاق جسر الشمال</h1><p>{FIRST}</p><p>{SECOND}</p></article>"
PAGE = f"""<!doctype html>
<html lang="ar"><head><meta charset="CHARSET"><title>إغلاق جسر الشمال | صحيفة المثال</title>
<meta property="og:title" content="إغلاق جسر الشمال">
<meta property="og:site_name" content="صحيفة المثال">
<link rel="canonical" href="https://example.org/news/1">
<meta property="article:published_time" content="2024-03-05T10:00:00+03:00">
</head><body><nav><a href="/">الرئيسية</a></nav>{ARTICLE}<footer>2019</footer></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256"])
def test_an_article_with_what_the_page_states(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE.replace("CHARSET", encoding).encode(encoding))
    assert list(read(path)) == [
        ReportDraft(
            title="إغلاق جسر الشمال",
            publisher="صحيفة المثال",
            url="https://example.org/news/1",
            published_at=date(2024, 3, 5),
            language="ar",
            kind=ReportKind.NEWS,
            body=f"{FIRST}\n{SECOND}",
        )
    ]


def test_what_a_page_does_not_state_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "page.htm"
    page = f"<html><body>{ARTICLE}<footer>© 2019 — 01/02/2018</footer></body></html>"
    path.write_text(page, encoding="utf-8")
    (bare,) = read(path)
    assert isinstance(bare, ReportDraft)
    assert (bare.publisher, bare.url, bare.published_at) == (None, None, None)

    (filled,) = read(path, Format.HTML, Defaults("P", "https://example.org/", date(2024, 1, 1)))
    assert isinstance(filled, ReportDraft)
    assert (filled.publisher, filled.url) == ("P", "https://example.org/")
    assert filled.published_at == date(2024, 1, 1)


@pytest.mark.parametrize(
    "stated",
    [
        '<time itemprop="datePublished" datetime="2024-03-05">5 March</time>',
        '<meta content="2024-03-05T00:00:00Z" name="publish_date">',
        '<script type="application/ld+json">{"datePublished": "2024-03-05T01:00"}</script>',
    ],
)
def test_ways_to_state_the_day(tmp_path: Path, stated: str) -> None:
    path = tmp_path / "page.html"
    page = f'<html><body><time datetime="2019-01-01">x</time>{ARTICLE}{stated}</body></html>'
    path.write_text(page, encoding="utf-8")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert draft.published_at == date(2024, 3, 5)


def test_a_page_that_only_speaks_of_claim_reviews_is_an_article(tmp_path: Path) -> None:
    script = '<script type="application/ld+json">{"@type": "Article", "a": "ClaimReview"}</script>'
    path = tmp_path / "page.html"
    path.write_text(PAGE.replace("</head>", script + "</head>"), encoding="utf-8")
    (draft,) = read(path)
    assert isinstance(draft, ReportDraft)
    assert draft.kind is ReportKind.NEWS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body></body></html>", "has no article"),
        (b"<p>x\x00y</p>", "."),
        (b"<div>" * 5_000, "."),
        (b"<script>" * 5_000, "."),
        (b"<p>" * 100_001, "more than 100,000 tags"),
        (b'<meta charset="utf-16"><p>\xc7</p>', "not UTF-8 text at byte 26"),
        (b'<meta charset="zip"><p>\xc7</p>', "not UTF-8 text at byte 23"),
        (b'<meta charset="iso-8859-6"><p>\xff</p>', "not in iso-8859-6 as it says"),
    ],
)
def test_pages_without_an_article(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said):
        list(read(path))

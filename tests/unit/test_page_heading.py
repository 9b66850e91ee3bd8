"""What a page says in short that it is about, however it says it."""

import json

import pytest

from knowledge.corpus.readers.markup_limits import MAX_ATTRIBUTES, MAX_TAGS
from knowledge.corpus.readers.page_heading import MAX_HEADING, MAX_MARKUP, read_heading
from knowledge.corpus.readers.received_documents import Received
from knowledge.errors import UnreadableFile

URL = "https://www.valley.example/bridge"


def texts(page: str | bytes, kind: str = "text/html", charset: str | None = None) -> list[str]:
    data = page.encode() if isinstance(page, str) else page
    heading = read_heading(Received(URL, kind, charset, data))
    assert heading.host == "valley.example"
    return list(heading.texts)


def page(head: str, body: str = "<p>words</p>") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


def test_the_title_comes_before_the_description() -> None:
    assert texts(
        page(
            "<title>Wrong</title>"
            '<meta property="og:title" content="The river bridge opens after three years">'
            '<meta property="og:description" content="250 cars crossed it on the first day.">'
        )
    ) == ["The river bridge opens after three years", "250 cars crossed it on the first day."]


@pytest.mark.parametrize(
    "title",
    [
        "The river bridge opens | The Valley Post",
        "The river bridge opens - The Valley Post",
        "The river bridge opens",
    ],
)
def test_the_name_of_the_site_is_taken_off(title: str) -> None:
    head = f'<meta property="og:title" content="{title}">'
    head += '<meta property="og:site_name" content="The Valley Post">'
    assert texts(page(head)) == ["The river bridge opens"]


def test_a_plain_title_in_arabic() -> None:
    assert texts(page("<title>افتتاح الجسر الجديد على النهر</title>")) == [
        "افتتاح الجسر الجديد على النهر"
    ]
    encoded = page('<meta charset="windows-1256"><title>افتتاح الجسر</title>').encode("cp1256")
    assert texts(encoded) == ["افتتاح الجسر"]
    assert texts(encoded, charset="windows-1256") == ["افتتاح الجسر"]


def test_a_reviewed_claim_comes_first() -> None:
    review = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": "The river bridge has fallen",
        "reviewRating": {"@type": "Rating", "alternateName": "False"},
    }
    script = f'<script type="application/ld+json">{json.dumps(review)}</script>'
    found = texts(page(f"<title>No, the bridge stands</title>{script}"))
    assert found[:2] == ["The river bridge has fallen", "No, the bridge stands"]
    broken = '<script type="application/ld+json">{"@type": "ClaimReview", </script>'
    assert texts(page(f"<title>No, the bridge stands</title>{broken}")) == ["No, the bridge stands"]


def test_what_is_hostile_is_bounded_and_seen() -> None:
    (title,) = texts(page(f"<title>The \u202eriver\n bridge {'very ' * 5_000}long</title>"))
    assert title.startswith("The river bridge very very")
    assert len(title) <= MAX_HEADING + 1
    assert title.endswith("very…")
    assert texts(page("<title>&lt;b&gt;bold&lt;/b&gt; words of it</title>"))[0].count("<") <= 2


@pytest.mark.parametrize("markup", ["", "<html></html>", "no markup", "<" * 99, "\0\0", "<p>" * 99])
def test_a_page_that_says_nothing(markup: str) -> None:
    assert texts(markup) == []


def test_too_many_tags_are_not_parsed() -> None:
    with pytest.raises(UnreadableFile, match=r"valley\.example.* tags; copy its title"):
        texts("<p>" * (MAX_TAGS + 1))


def test_a_tag_with_thousands_of_attributes_is_not_parsed() -> None:
    attributes = " ".join(f"a{n}" for n in range(MAX_ATTRIBUTES + 1))
    with pytest.raises(UnreadableFile, match=r"valley\.example.* attributes; copy its title"):
        texts(page(f"<meta {attributes}><title>The bridge stands</title>"))


def test_only_the_beginning_of_what_is_seen_is_parsed() -> None:
    title = "<title>The bridge stands</title>"
    words = "word " * MAX_MARKUP
    assert texts(page(f"<p>{words}</p>{title}")) == []
    assert texts(page(f"<script>{words}</script>{title}")) == ["The bridge stands"]
    assert texts(page(f"{title}<style>{words}")) == ["The bridge stands"]


def test_a_plain_text_begins_with_its_title() -> None:
    assert texts("\n The river bridge opens\nIt took years.", "text/plain") == [
        "The river bridge opens"
    ]

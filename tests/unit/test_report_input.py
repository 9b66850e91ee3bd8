"""What a moderator sends with /add, read as a report."""

import pytest

from bot.conversation.report_input import TITLE, is_address, read_pasted, split_cluster_reference


@pytest.mark.parametrize(
    ("argument", "cluster", "content"),
    [
        ("#12 https://example.org/a", 12, "https://example.org/a"),
        ("#12\nA title\nA body", 12, "A title\nA body"),
        ("  A title\nA body ", None, "A title\nA body"),
        ("#hashtag news", None, "#hashtag news"),
        ("#12", 12, ""),
        ("#9999999999999999999 x", None, "#9999999999999999999 x"),
        ("#١٢ x", None, "#١٢ x"),
    ],
)
def test_the_claim_it_is_for(argument: str, cluster: int | None, content: str) -> None:
    assert split_cluster_reference(argument) == (cluster, content)


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        ("https://example.org/a?b=c", True),
        ("http://127.0.0.1/", True),
        ("https://example.org/a and more", False),
        ("ftp://example.org/a", False),
        ("A title\nhttps://example.org/a", False),
    ],
)
def test_an_address_is_told_from_a_text(content: str, is_one: bool) -> None:
    assert is_address(content) is is_one


def test_the_first_line_is_the_title_and_an_address_on_its_own_line_the_reports() -> None:
    draft = read_pasted("عنوان التقرير\nhttps://example.org/a\n\nنص التقرير هنا.\nوتتمته.")
    assert (draft.title, draft.url) == ("عنوان التقرير", "https://example.org/a")
    assert draft.body == "نص التقرير هنا.\nوتتمته."
    assert (draft.publisher, draft.published_at, draft.language) == (None, None, "ar")


@pytest.mark.parametrize("text", ["One sentence alone.", f"{'long' * TITLE}\nand more"])
def test_what_has_no_title_is_all_body(text: str) -> None:
    draft = read_pasted(text)
    assert draft.title == ""
    assert draft.body == text.strip()


def test_an_address_that_hides_where_it_leads_is_only_text() -> None:
    report = read_pasted("Title\nhttps://reuters.com@evil.example/\nThe body")
    assert report.url is None
    assert report.body == "https://reuters.com@evil.example/\nThe body"


def test_a_title_with_a_line_break_of_another_kind_is_one_line() -> None:
    report = read_pasted("A title\u202e\x1b[2J\nThe body\u2028goes on\x0b")
    assert report.title == "A title[2J"
    assert report.body == "The body\ngoes on"

"""One value of a document into one field."""

import pytest

from knowledge.corpus.readers import Defaults
from knowledge.corpus.readers.fields import FieldError, line_of, text_of, title_from, url_of


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/a",
        "https://",
        "https://reuters.com@evil.example/",
        "https://user:word@example.org/",
        "https://evil.example\\.reuters.com/",
        "https://reuters.com\\@evil.example/",
        "https://ex\u202eample.org/",
        "https://exa\u200bmple.org/",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://example.org/a\x85b",
        "https://example.org/a\x9bb",
        "https://example.org/\x00",
        "https://[::1",
    ],
)
def test_what_may_not_be_followed_is_no_address(address: str) -> None:
    with pytest.raises(FieldError, match="url"):
        url_of(address, "url")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" https://example.org/خبر?a=1#b ", "https://example.org/خبر?a=1#b"),
        ("http://مثال.إختبار:8080/", "http://مثال.إختبار:8080/"),
        ("https://[::1]/a@b", "https://[::1]/a@b"),
        # As browsers have it.
        ("https://fa.example.org/می\u200cخواهد", "https://fa.example.org/می%E2%80%8Cخواهد"),
        ("https://example.org/\u202egnp.exe", "https://example.org/%E2%80%AEgnp.exe"),
        ("", None),
    ],
)
def test_an_address_is_kept_with_nothing_unseen(written: str, kept: str | None) -> None:
    assert url_of(written, "url") == kept


def test_a_line_is_mended_and_a_text_keeps_its_lines() -> None:
    assert line_of(" a\r\nb\u200f ", "title", 10) == "a b"
    assert text_of(" a\r\nb\x0bc\u200f\u202e", "body", 10) == "a\nb\nc\u200f"
    assert line_of("\u200b\n", "title", 10) is None
    assert text_of("\x08\n", "body", 10) is None
    for reader in (line_of, text_of):
        for bad in ("a\x00", "\ud800"):
            with pytest.raises(FieldError, match="broken"):
                reader(bad, "title", 10)
        with pytest.raises(FieldError, match="at most"):
            reader("\n" * 11, "title", 10)


def test_a_title_is_the_first_line_that_says_something() -> None:
    assert title_from("\u200b\n\u2028 The  bridge\u202e \u2028fell") == "The bridge"


def test_what_is_assumed_of_a_file_is_held_to_the_same() -> None:
    known = Defaults(publisher="The\nPost", url=" https://example.org/a ")
    assert (known.publisher, known.url) == ("The Post", "https://example.org/a")
    with pytest.raises(FieldError):
        Defaults(url="https://a@b/")

"""Bounds of a page's markup, counted before it is parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus.readers.markup_limits import (
    MAX_ALL_ATTRIBUTES,
    MAX_ATTRIBUTES,
    MAX_TAGS,
    excess,
)

MANY = MAX_ATTRIBUTES + 1
TOO_MANY = f"a tag with more than {MAX_ATTRIBUTES} attributes"


@pytest.mark.parametrize(
    "attribute",
    [" a", " a=1", "\ta='1'", '\na="x > y"', ' a="1"b', " a = '>'", "/a", " <", ' "', " =", " '"],
)
@pytest.mark.parametrize("tag", ["p", "SCRIPT", "x-y", "/p", "style"])
def test_a_tag_with_very_many_attributes(tag: str, attribute: str) -> None:
    assert excess(f"<i>x</i><{tag}{attribute * 3 * MANY}>") == TOO_MANY
    assert excess(f"<i>x</i><{tag}{attribute * 3 * MANY}") == TOO_MANY


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<",
        "a < b and c > d",
        "<p " + "a " * MAX_ATTRIBUTES + ">",
        "<p a='" + "b " * MANY + "'>",
        '<p a="' + "b='c' " * MANY + '">',
        "<p>" + "a " * MANY + "</p>",
        "<script>if (a<b) { " + "c " * MANY + "}</script>",
        "<STYLE>a<b " + "c " * MANY + "</Style><p>",
        "<!-- <p " + "a " * MANY + "--><p>",
        "<!-- <p " + "a " * MANY,
        "<script> <p " + "a " * MANY,
    ],
)
def test_what_is_within_bounds(page: str) -> None:
    assert excess(page) is None


def test_what_stands_behind_a_script_or_a_comment_counts() -> None:
    for before in (
        "<script>a<b</script>",
        "<!-- <script> -->",
        "<p title='<script>'>",
        "<script/>",
    ):
        assert excess(f"{before}</script><p {'a ' * MANY}>") == TOO_MANY


def test_tags() -> None:
    assert excess("<p>" * MAX_TAGS) is None
    assert excess("<p>" * (MAX_TAGS + 1)) == "more than 100,000 tags"


def test_attributes_of_all_tags() -> None:
    tag = "<p" + " a" * 100 + ">"
    assert excess(tag * (MAX_ALL_ATTRIBUTES // 100)) is None
    assert excess(tag * (MAX_ALL_ATTRIBUTES // 100 + 1)) == "more than 500,000 attributes"


@given(st.text(alphabet="<>/!-='\" \nascriptyle"))
def test_whatever_is_written(page: str) -> None:
    assert excess(page) is None or len(page) > MAX_ATTRIBUTES

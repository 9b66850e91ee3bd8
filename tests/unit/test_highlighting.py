"""A report's text cut at its statements, words found in it again, tries that are counted."""

import pytest

from bot.console.audit_entries import name_action
from bot.console.error_pages import STATUS, status_of
from bot.console.errors import BadForm, TooManyTries
from bot.console.forms import Form
from bot.console.highlighting import Highlight, split_text
from bot.console.labels import label
from bot.console.security import TryLimit
from bot.conversation.translations import Language, load_catalogue
from knowledge.curation.quote_location import locate_words
from knowledge.domain import (
    ClusterStatus,
    Feedback,
    FeedKind,
    Outcome,
    Rating,
    RejectReason,
    Relation,
    ReportKind,
    Role,
    Span,
    StatementStatus,
    SubjectKind,
)

BODY = "one two\u200c three\nfour five"


def mark(start: int, end: int, name: str = "m") -> Highlight:
    return Highlight(Span(start, end), name, "draft")


class TestPieces:
    @pytest.mark.parametrize(
        "marks",
        [
            (),
            (mark(0, 3),),
            (mark(4, 8), mark(0, 3)),
            (mark(0, len(BODY)),),
            (mark(0, 7), mark(4, 10)),
            (mark(-1, 3), mark(5, 999), mark(3, 3)),
        ],
    )
    def test_they_are_the_whole_text_in_order(self, marks: tuple[Highlight, ...]) -> None:
        assert "".join(piece.text for piece in split_text(BODY, marks)) == BODY

    def test_of_marks_that_overlap_the_first_named_stands(self) -> None:
        found = [
            p.mark.anchor for p in split_text(BODY, [mark(4, 8, "a"), mark(0, 9, "b")]) if p.mark
        ]
        assert found == ["a"]


class TestLocating:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("two three", "two\u200c three"),
            ("three four", "three\nfour"),
            ("  one ", "one"),
            ("\u202eone", "one"),
            ("six", None),
            (" ", None),
        ],
    )
    def test_invisible_letters_and_lines_do_not_count(self, words: str, found: str | None) -> None:
        span = locate_words(BODY, words)
        assert (BODY[span.start : span.end] if span else None) == found


class TestTryLimit:
    def test_one_address_is_stopped_and_others_are_not(self) -> None:
        limit = TryLimit(2, 1000.0)
        limit.count("a")
        limit.count("a")
        with pytest.raises(TooManyTries):
            limit.count("a")
        limit.count("b")

    def test_tries_are_forgotten_after_a_while(self) -> None:
        limit = TryLimit(1, 0.0)
        for _ in range(3):
            limit.count("a")

    def test_many_addresses_take_no_more_room(self) -> None:
        limit = TryLimit(1, 1000.0, addresses=2)
        for address in "abc":
            limit.count(address)
        limit.count("a")


class TestForms:
    @pytest.mark.parametrize("text", ["", "x", "-1", "١", "1.5", "9" * 30, "2147483648", " "])
    def test_what_is_no_number_is_refused(self, text: str) -> None:
        with pytest.raises(BadForm):
            Form({"n": [text]}).number("n")

    @pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 11])
    def test_what_cannot_be_kept_is_refused(self, text: str) -> None:
        with pytest.raises(BadForm):
            Form({"t": [text]}).text("t", 10)

    def test_a_day_and_a_choice_are_what_they_say_or_refused(self) -> None:
        form = Form({"day": ["2024-02-30"], "kind": ["rumour"], "none": [""]})
        assert form.day("none") is None
        assert form.choice("none", ReportKind) is None
        with pytest.raises(BadForm):
            form.day("day")
        with pytest.raises(BadForm):
            form.choice("kind", ReportKind)


class TestWords:
    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize(
        "kind",
        [
            StatementStatus, ClusterStatus, RejectReason, Role,
            FeedKind, SubjectKind, Feedback, Outcome, Rating, Relation,
            ReportKind,
        ],
    )  # fmt: skip
    def test_every_member_of_a_closed_set_has_a_name(
        self, kind: type[Outcome], language: Language
    ) -> None:
        say = load_catalogue(language).say
        assert all(label(member, say) for member in kind)

    def test_every_error_has_its_status(self) -> None:
        for kind, status in STATUS.items():
            assert status_of(kind.__new__(kind)) == status

    def test_an_act_nobody_named_is_called_what_it_is(self) -> None:
        assert name_action("danced", str) == "danced"

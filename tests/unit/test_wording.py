"""What a person reads for an answer: the outcome first, and never more than the sources say."""

from dataclasses import replace
from datetime import date

import pytest

from bot.conversation.catalogue import Language, catalogue
from bot.conversation.reply import Reply, Style
from bot.conversation.wording import answered, others, unreadable
from knowledge.agreement.judgement import Judgement, Reason, ReasonKind
from knowledge.answering import Answer, Match
from knowledge.domain import Outcome, Rating, Relation, ReportKind
from knowledge.errors import ClaimProblem
from knowledge.models import StatementStatus
from knowledge.reports import SourcedStatement

TODAY = date(2026, 2, 7)
ARABIC, ENGLISH = catalogue(Language.ARABIC), catalogue(Language.ENGLISH)
HUGE_ID = 2**63 - 1


def news(number: int = 1, **changes: object) -> SourcedStatement:
    statement = SourcedStatement(
        id=number,
        ref=f"r-{number}",
        text=f"The bridge number {number} carries 250 cars",
        status=StatementStatus.PUBLISHED,
        speaker="The mayor",
        rating=None,
        rating_text=None,
        as_of=None,
        report_ref="r",
        title=f"Bridges, part {number}",
        publisher="The Valley Post",
        url=f"https://example.org/{number}",
        published_at=date(2026, 2, 1),
        language="en",
        kind=ReportKind.NEWS,
    )
    return replace(statement, **changes)  # type: ignore[arg-type]


def fact_check(**changes: object) -> SourcedStatement:
    reviewed: dict[str, object] = {
        "text": "The bridge has fallen",
        "speaker": "A page",
        "rating": Rating.FALSE,
        "rating_text": "Pants on fire",
        "kind": ReportKind.FACT_CHECK,
    }
    return news(1, **(reviewed | changes))


def match(
    statement: SourcedStatement,
    relation: Relation = Relation.NOT_ENOUGH_INFO,
    *reasons: Reason,
    relevance: float = 0.9,
) -> Match:
    return Match(statement, Judgement(relation, 0.9, reasons), 1.0, relevance)


def supported(*matches: Match) -> Answer:
    return Answer("claim", Outcome.SUPPORTED, 0.9, matches or (supporting(),))


def refuted(*matches: Match) -> Answer:
    return Answer("claim", Outcome.REFUTED, 0.9, matches or (refuting(),))


def related(*matches: Match) -> Answer:
    return Answer("claim", Outcome.RELATED, 0.9, matches or (match(news()),))


def no_match(*matches: Match) -> Answer:
    return Answer("claim", Outcome.NO_MATCH, 0.9, matches)


def supporting(statement: SourcedStatement | None = None, *reasons: Reason) -> Match:
    return match(statement or news(), Relation.SUPPORTS, *reasons)


def refuting(statement: SourcedStatement | None = None, *reasons: Reason) -> Match:
    return match(statement or news(), Relation.REFUTES, *reasons)


def english(answer: Answer) -> Reply:
    return answered(answer, 7, TODAY, ENGLISH)


def texts(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks]


def quotes(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks if block.style is Style.QUOTE]


def labels(reply: Reply) -> list[list[str]]:
    return [[button.label for button in row] for row in reply.buttons]


class TestOutcomes:
    @pytest.mark.parametrize(
        ("answer", "headline"),
        [
            (supported(), "✅ A verified report supports this"),
            (refuted(), "❌ A verified report contradicts this"),
            (related(), "🔎 Verified reports come close, but none settles this"),
            (no_match(), "⚪ We have no verified report on this yet"),
            (
                supported(supporting(fact_check(rating=Rating.TRUE))),
                "✅ Fact-checkers reviewed this claim and confirm it",
            ),
            (
                refuted(refuting(fact_check())),
                "❌ Fact-checkers reviewed this claim and reject it",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_the_outcome_comes_first_and_alone(self, answer: Answer, headline: str) -> None:
        for words in (ENGLISH, ARABIC):
            reply = answered(answer, 7, TODAY, words)
            assert reply.blocks[0].text == words.say(headline)
            styles = [block.style for block in reply.blocks]
            assert styles.count(Style.HEADLINE) == 1
            assert styles[0] is Style.HEADLINE

    def test_a_settled_answer_reads_quote_speaker_source_reason(self) -> None:
        differs = Reason(ReasonKind.NUMBER_DIFFERS, "half", "less than 1%")
        assert texts(english(refuted(refuting(news(), differs)))) == [
            "❌ A verified report contradicts this",
            "«The bridge number 1 carries 250 cars»",
            "Said by: The mayor\n📰 Bridges, part 1 · The Valley Post · February 1, 2026",
            "In your message: “half” · in the report: “less than 1%”",
        ]

    def test_the_same_in_arabic(self) -> None:
        old = news(published_at=date(2019, 2, 7))
        reply = answered(supported(supporting(old)), 7, TODAY, ARABIC)
        assert texts(reply)[2] == (
            "القائل: The mayor\n📰 Bridges, part 1 · The Valley Post · 7 فبراير 2019 (قبل 7 سنوات)"
        )

    def test_only_what_settles_the_claim_is_quoted(self) -> None:
        reply = english(supported(supporting(news(1)), match(news(2)), match(news(3))))
        assert quotes(reply) == ["«The bridge number 1 carries 250 cars»"]

    def test_related_shows_three_and_no_reasons(self) -> None:
        differs = Reason(ReasonKind.NUMBER_DIFFERS, "half", "less than 1%")
        found = [match(news(n), Relation.NOT_ENOUGH_INFO, differs) for n in range(1, 6)]
        reply = english(related(*found))
        assert len(quotes(reply)) == 3
        assert not [text for text in texts(reply) if "In your message" in text]

    def test_related_leaves_out_what_is_not_about_the_claim(self) -> None:
        reply = english(related(match(news(1)), match(news(2), relevance=0.1)))
        assert len(quotes(reply)) == 1

    def test_no_match_confirms_nothing_and_quotes_nothing(self) -> None:
        reply = english(no_match(match(news(), relevance=0.1)))
        assert texts(reply)[1] == (
            "That does not make it true. Your question is noted for our moderators."
        )
        assert quotes(reply) == []
        assert reply.buttons == ()

    def test_where_nothing_is_kept_nothing_is_promised_and_no_button_asks(self) -> None:
        assert texts(answered(no_match(), None, TODAY, ENGLISH))[1] == "That does not make it true."
        several = supported(supporting(news(1)), match(news(2)))
        assert labels(answered(several, None, TODAY, ENGLISH)) == [["Source"]]


class TestSource:
    """Where a quote comes from, with what is not known said to be so."""

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({}, "Bridges, part 1 · The Valley Post · February 1, 2026"),
            ({"publisher": None}, "Bridges, part 1 · outlet not stated · February 1, 2026"),
            ({"published_at": None}, "Bridges, part 1 · The Valley Post · undated"),
            ({"title": ""}, "The Valley Post · February 1, 2026"),
            (
                {"published_at": None, "as_of": date(2026, 1, 31)},
                "Bridges, part 1 · The Valley Post · January 31, 2026",
            ),
            (
                {"published_at": date(2019, 2, 7)},
                "Bridges, part 1 · The Valley Post · February 7, 2019 (7 years ago)",
            ),
        ],
    )
    def test_title_outlet_and_date(self, changes: dict[str, object], line: str) -> None:
        source = texts(english(supported(supporting(news(1, **changes)))))[2].splitlines()[-1]
        assert source == f"📰 {line}"

    @pytest.mark.parametrize(("days", "aged"), [(90, False), (91, True)])
    def test_only_an_old_report_shows_its_age(self, days: int, aged: bool) -> None:
        published = date.fromordinal(TODAY.toordinal() - days)
        source = texts(english(supported(supporting(news(published_at=published)))))[2]
        assert ("ago)" in source) is aged

    def test_nobody_is_named_where_nobody_is_known(self) -> None:
        assert "Said by" not in texts(english(supported(supporting(news(speaker=None)))))[2]


class TestFactCheck:
    def test_the_reviewed_claim_is_marked_as_such_and_the_rating_is_theirs(self) -> None:
        assert texts(english(refuted(refuting(fact_check()))))[1:3] == [
            "«The bridge has fallen»",
            "The claim above as the fact-checkers reviewed it.\n"
            "Claimed by: A page\n"
            "Their rating: “Pants on fire”\n"
            "📰 Bridges, part 1 · The Valley Post · February 1, 2026",
        ]

    def test_a_rating_without_words_of_theirs_is_named(self) -> None:
        said = texts(english(refuted(refuting(fact_check(rating_text=None)))))[2]
        assert "Their rating: “false”" in said

    def test_one_without_a_rating_claims_none(self) -> None:
        unrated = fact_check(rating=None, rating_text=None, speaker=None)
        said = texts(english(related(match(unrated))))[2]
        assert "rating" not in said
        assert "Claimed by" not in said
        assert "as the fact-checkers reviewed it" in said


class TestReasons:
    @pytest.mark.parametrize(
        "kind",
        [
            ReasonKind.NUMBER_DIFFERS,
            ReasonKind.DATE_DIFFERS,
            ReasonKind.NEGATION_DIFFERS,
            ReasonKind.NUMBER_AGREES,
            ReasonKind.DATE_AGREES,
        ],
    )
    def test_both_wordings_are_shown(self, kind: ReasonKind) -> None:
        reply = answered(
            refuted(refuting(news(), Reason(kind, "نصف", "أقل من 1٪"))), 7, TODAY, ARABIC
        )
        assert reply.blocks[-1].text == "في رسالتك: «نصف» · في التقرير: «أقل من 1٪»"
        assert reply.blocks[-1].style is Style.NOTE

    @pytest.mark.parametrize(
        "reason",
        [
            Reason(ReasonKind.SAME_TEXT, "a", "b"),
            Reason(ReasonKind.RATED, statement="False"),
            Reason(ReasonKind.NUMBER_AGREES, "37,000", "37,000"),
        ],
    )
    def test_what_tells_a_person_nothing_is_left_out(self, reason: Reason) -> None:
        assert len(english(supported(supporting(news(), reason))).blocks) == 3

    def test_words_of_people_are_never_read_as_blanks(self) -> None:
        tricky = Reason(ReasonKind.NUMBER_DIFFERS, "{statement}", "{0}")
        statement = news(speaker="{rating}", title="{title}", publisher="%s")
        said = texts(english(refuted(refuting(statement, tricky))))
        assert "Said by: {rating}" in said[2]
        assert said[3] == "In your message: “{statement}” · in the report: “{0}”"


class TestButtons:
    def test_link_others_and_dispute(self) -> None:
        several = supported(supporting(news(1)), match(news(2)))
        reply = english(several)
        assert labels(reply) == [["Source", "Other matches"], ["Not what I asked"]]
        assert reply.buttons[0][0].url == "https://example.org/1"

    def test_no_link_without_an_address_and_no_others_without_others(self) -> None:
        alone = supported(supporting(news(url=None)), match(news(2), relevance=0.1))
        assert labels(english(alone)) == [["Not what I asked"]]

    def test_one_that_settles_without_being_near_still_offers_the_others(self) -> None:
        far = match(news(1), Relation.SUPPORTS, relevance=0.1)
        assert labels(english(supported(far, match(news(2)))))[0] == ["Source", "Other matches"]

    def test_related_links_are_numbered_like_the_quotes(self) -> None:
        found = (match(news(1)), match(news(2, url=None)), match(news(3)))
        reply = english(related(*found))
        assert labels(reply) == [["Source 1"], ["Source 3"], ["Not what I asked"]]
        assert labels(english(related()))[0] == ["Source"]

    @pytest.mark.parametrize("outcome", [supported, refuted, related])
    def test_every_action_fits_telegram(self, outcome: object) -> None:
        assert callable(outcome)
        answer = outcome(supporting(news(1)), match(news(2)))
        for row in answered(answer, HUGE_ID, TODAY, ARABIC).buttons:
            for button in row:
                assert (button.url is None) != (button.action is None)
                assert button.action is None or len(button.action.encode()) <= 64


class TestOthers:
    def test_shows_up_to_three_without_a_verdict(self) -> None:
        reply = others([news(n) for n in range(1, 6)], TODAY, ENGLISH)
        assert texts(reply)[0] == "🔎 Other verified reports that come close"
        assert len(quotes(reply)) == 3
        assert labels(reply) == [["Source 1"], ["Source 2"], ["Source 3"]]

    def test_says_so_where_there_is_none(self) -> None:
        reply = others([], TODAY, ENGLISH)
        assert texts(reply) == ["There are no other verified reports on this."]
        assert reply.buttons == ()


@pytest.mark.parametrize("problem", ClaimProblem)
def test_what_cannot_be_read_is_answered_with_what_to_send(problem: ClaimProblem) -> None:
    said = {words.language: texts(unreadable(problem, words)) for words in (ARABIC, ENGLISH)}
    assert all(len(blocks) == 1 and len(blocks[0]) > 20 for blocks in said.values())
    assert said[Language.ARABIC] != said[Language.ENGLISH]

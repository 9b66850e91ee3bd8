"""Check the words of an answer: the outcome first, and never more than the sources say."""

from dataclasses import replace
from datetime import date

import pytest

from bot.conversation.answer_texts import (
    Part,
    compose_answer,
    compose_answers,
    compose_others,
    compose_verdict,
)
from bot.conversation.reply import Reply, Style
from bot.conversation.small_talk_texts import compose_unreadable
from bot.conversation.translations import Language, load_catalogue
from knowledge.agreement.judgement import Judgement, Reason, ReasonKind
from knowledge.checking.outcomes import Answer, Match
from knowledge.claim_queue.person_actions import Noted
from knowledge.corpus.ratings import SUPPORTING_RATINGS
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome, Rating, Relation, ReportKind, StatementStatus
from knowledge.errors import ClaimProblem

TODAY = date(2026, 2, 7)
ARABIC, ENGLISH = load_catalogue(Language.ARABIC), load_catalogue(Language.ENGLISH)
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
    judgement = Judgement(relation, 0.9, reasons)
    settles = relation is not Relation.NOT_ENOUGH_INFO
    return Match(statement, judgement, 1.0, relevance, settles=settles)


CLAIM = "The bridge carries 250 cars"
CLAIM_AR = "الجسر يحمل 250 سيارة"


def supported(*matches: Match, claim: str = CLAIM) -> Answer:
    return Answer(claim, Outcome.SUPPORTED, 0.9, matches or (supporting(),))


def refuted(*matches: Match, claim: str = CLAIM) -> Answer:
    return Answer(claim, Outcome.REFUTED, 0.9, matches or (refuting(),))


def related(*matches: Match, claim: str = CLAIM) -> Answer:
    return Answer(claim, Outcome.RELATED, 0.9, matches or (match(news()),))


def disputed(*matches: Match) -> Answer:
    return replace(related(*matches), disputed=True)


def no_match(*matches: Match) -> Answer:
    return Answer("claim", Outcome.NO_MATCH, 0.9, matches)


def supporting(statement: SourcedStatement | None = None, *reasons: Reason) -> Match:
    return match(statement or news(), Relation.SUPPORTS, *reasons)


def refuting(statement: SourcedStatement | None = None, *reasons: Reason) -> Match:
    return match(statement or news(), Relation.REFUTES, *reasons)


def english(answer: Answer) -> Reply:
    return compose_answer(answer, Noted(7), TODAY, ENGLISH)


def texts(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks]


def quotes(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks if block.style is Style.QUOTE]


def labels(reply: Reply) -> list[list[str]]:
    return [[button.label for button in row] for row in reply.buttons]


DISPUTED = disputed(supporting(news(1)), refuting(news(2)))
FEEDBACK = ["👍 Useful", "👎 Not useful", "Not what I asked"]


class TestOutcomes:
    @pytest.mark.parametrize(
        ("answer", "headline"),
        [
            (supported(), "✅ A verified report supports this"),
            (refuted(), "❌ A verified report contradicts this"),
            (related(), "🔎 Verified reports are related, but none confirms or disproves this"),
            (no_match(), "⚪ We have no verified report on this yet"),
            (
                supported(supporting(fact_check(rating=Rating.TRUE))),
                "✅ Fact-checkers reviewed this claim and confirm it",
            ),
            (
                refuted(refuting(fact_check())),
                "❌ Fact-checkers reviewed this claim and reject it",
            ),
            (
                refuted(refuting(fact_check(rating=Rating.TRUE))),
                "❌ A claim that fact-checkers confirm contradicts this",
            ),
            (
                disputed(supporting(news(1)), refuting(news(2))),
                "🔎 Verified reports contradict each other on this; the newest comes first",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_the_outcome_comes_first_and_alone(self, answer: Answer, headline: str) -> None:
        for words in (ENGLISH, ARABIC):
            reply = compose_answer(answer, Noted(7), TODAY, words)
            assert reply.blocks[0].text == words.say(headline)
            styles = [block.style for block in reply.blocks]
            assert styles.count(Style.HEADLINE) == 1
            assert styles[0] is Style.HEADLINE

    def test_a_settled_answer_reads_quote_speaker_source_reason(self) -> None:
        differs = Reason(ReasonKind.NUMBER_DIFFERS, "half", "less than 1%")
        assert texts(english(refuted(refuting(news(), differs)))) == [
            "❌ A verified report contradicts this",
            "Your message: “half” → the report: “less than 1%”",
            "«The bridge number 1 carries 250 cars»",
            "Said by: The mayor\n📰 Bridges, part 1 · The Valley Post · February 1, 2026",
        ]

    def test_the_same_in_arabic(self) -> None:
        old = news(published_at=date(2019, 2, 7))
        reply = compose_answer(supported(supporting(old)), Noted(7), TODAY, ARABIC)
        assert texts(reply)[2] == (
            "نقلًا عن: The mayor\n📰 Bridges, part 1 · The Valley Post · 7 فبراير 2019 (قبل 7 سنوات)"
        )

    def test_only_what_settles_the_claim_is_quoted(self) -> None:
        reply = english(supported(supporting(news(1)), match(news(2)), match(news(3))))
        assert quotes(reply) == ["«The bridge number 1 carries 250 cars»"]

    def test_related_shows_three_and_no_reasons(self) -> None:
        differs = Reason(ReasonKind.NUMBER_DIFFERS, "half", "less than 1%")
        found = [match(news(n), Relation.NOT_ENOUGH_INFO, differs) for n in range(1, 6)]
        reply = english(related(*found))
        assert len(quotes(reply)) == 3
        assert not [text for text in texts(reply) if "Your message" in text]

    def test_related_leaves_out_what_is_not_about_the_claim(self) -> None:
        reply = english(related(match(news(1)), match(news(2), relevance=0.1)))
        assert len(quotes(reply)) == 1

    def test_no_match_confirms_nothing_and_quotes_nothing(self) -> None:
        reply = english(no_match(match(news(), relevance=0.1)))
        assert texts(reply)[1] == (
            "That does not make it true. Your question is noted for our moderators."
        )
        assert quotes(reply) == []
        assert labels(reply) == [["🔔 Tell me when you know"]]

    def test_where_nothing_is_kept_nothing_is_promised_and_no_button_asks(self) -> None:
        assert (
            texts(compose_answer(no_match(), None, TODAY, ENGLISH))[1]
            == "That does not make it true."
        )
        several = supported(supporting(news(1)), match(news(2)))
        assert labels(compose_answer(several, None, TODAY, ENGLISH)) == [["Source"]]


class TestClauses:
    def test_the_clause_that_is_contradicted_is_repeated(self) -> None:
        answer = replace(refuted(claim="Coffee heals and " + CLAIM), clauses=(CLAIM,))
        assert texts(english(answer))[:2] == [
            "❌ A verified report contradicts this",
            f"In your message: “{CLAIM}”",
        ]

    def test_each_clause_stands_above_the_statement_that_supports_it(self) -> None:
        one, other = supporting(news(1)), supporting(news(2))
        answer = replace(supported(one, other), clauses=("The first", "the second"))
        said = texts(english(answer))
        quoted = [one.statement.text, other.statement.text]
        assert quotes(english(answer)) == [f"«{text}»" for text in quoted]
        assert said.index("In your message: “The first”") < said.index(f"«{quoted[0]}»")
        assert said.index(f"«{quoted[0]}»") < said.index("In your message: “the second”")


class TestLeaning:
    """A verdict that is not sure enough is hinted at, and never in the words of a verdict."""

    @pytest.mark.parametrize(
        ("leaning", "hint"),
        [
            (supporting(), "may say the same, but I am not sure"),
            (refuting(), "may say otherwise, but I am not sure"),
            (refuting(fact_check()), "may have reviewed this very claim. I am not sure"),
        ],
    )
    def test_what_the_closest_report_seems_to_say(self, leaning: Match, hint: str) -> None:
        unsure = replace(leaning, settles=False, suggested=True)
        said = texts(english(related(unsure)))
        assert said[0] == "🔎 Verified reports are related, but none confirms or disproves this"
        assert hint in said[1]
        assert "ead" in said[1], "it sends to the report"
        assert not {"✅", "❌"} & set("".join(said))

    @pytest.mark.parametrize(
        ("language", "caution"),
        [
            (Language.ENGLISH, "no confirmation"),
            (Language.ARABIC, "ليس تأكيدًا"),
            (Language.FRENCH, "n’est pas une confirmation"),
        ],
    )
    def test_it_is_no_confirmation_in_any_language(self, language: Language, caution: str) -> None:
        unsure = replace(supporting(), settles=False, suggested=True)
        words = load_catalogue(language)
        assert caution in texts(compose_answer(related(unsure), Noted(7), TODAY, words))[1]

    def test_nothing_is_hinted_at_where_nothing_leans(self) -> None:
        assert "not sure" not in " ".join(texts(english(related())))


class TestSource:
    """Where a quote comes from, with what is not known said to be so."""

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({}, "Bridges, part 1 · The Valley Post · February 1, 2026"),
            ({"publisher": None}, "Bridges, part 1 · February 1, 2026"),
            ({"published_at": None}, "Bridges, part 1 · The Valley Post"),
            ({"published_at": None, "publisher": None}, "Bridges, part 1"),
            ({"published_at": None, "publisher": None, "title": ""}, "outlet not stated"),
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
        answer = refuted(refuting(fact_check(rating_text=None)))
        assert "Their rating: “false”" in texts(english(answer))[2]
        assert "تصنيفهم: «غير صحيح»" in texts(compose_answer(answer, Noted(7), TODAY, ARABIC))[2]

    @pytest.mark.parametrize("rating", list(Rating))
    @pytest.mark.parametrize("relation", [Relation.SUPPORTS, Relation.REFUTES])
    def test_nothing_confirms_beside_a_rating_that_does_not(
        self, rating: Rating, relation: Relation
    ) -> None:
        told = compose_verdict(fact_check(rating=rating), relation, ENGLISH.say)
        confirmed = rating in SUPPORTING_RATINGS
        assert told.startswith("✅") == (confirmed and relation is Relation.SUPPORTS)
        assert ("confirm it" in told and "not confirm it" not in told) == (
            rating is Rating.TRUE and relation is Relation.SUPPORTS
        )

    def test_a_rating_says_why_and_nothing_else_need(self) -> None:
        agrees = Reason(ReasonKind.NUMBER_AGREES, "ten", "10")
        rejected = refuting(fact_check(), Reason(ReasonKind.RATED, statement="False"), agrees)
        assert len(texts(english(refuted(rejected)))) == 3

    def test_a_rated_claim_is_quoted_as_one_whatever_the_kind_of_its_report(self) -> None:
        reply = english(refuted(refuting(fact_check(kind=ReportKind.NEWS))))
        assert texts(reply)[0] == "❌ Fact-checkers reviewed this claim and reject it"
        assert "Their rating: “Pants on fire”" in texts(reply)[2]

    def test_one_without_a_rating_claims_none(self) -> None:
        unrated = fact_check(rating=None, rating_text=None, speaker=None)
        said = texts(english(related(match(unrated))))[2]
        assert "rating" not in said
        assert "Claimed by" not in said
        assert "as the fact-checkers reviewed it" in said


class TestOldNews:
    """A report from long before what the claim is about says so, in words."""

    OLD = news(published_at=date(2019, 2, 7))

    @pytest.mark.parametrize(
        "answer",
        [supported(supporting(OLD)), refuted(refuting(OLD)), related(match(OLD))],
        ids=lambda answer: answer.outcome.value,
    )
    def test_is_said_under_every_outcome(self, answer: Answer) -> None:
        old = "⏳ This report is from February 7, 2019; things may have changed since."
        assert old in texts(english(answer))
        old = "⏳ يعود هذا التقرير إلى 7 فبراير 2019، وربما تغيّر الوضع منذ ذلك الحين."
        assert old in texts(compose_answer(answer, Noted(7), TODAY, ARABIC))

    @pytest.mark.parametrize(
        ("claim", "warned"),
        [
            ("The bridge carries 250 cars", True),
            ("The bridge carries 250 cars today", True),
            ("The bridge carried 250 cars on Monday", True),
            ("The bridge has carried 250 cars since 2014", True),
            ("الجسر يحمل 250 سيارة منذ 2014", True),
            ("The bridge carried 250 cars in 2023", True),
            ("The bridge will carry 250 cars in 2030", True),
            ("The bridge carried 250 cars in 2019", False),
            ("The bridge carried 250 cars on 7 February 2019", False),
            ("حمل الجسر 250 سيارة في العام 2019", False),
            ("The bridge carried 250 cars in 2014", False),
        ],
    )
    def test_only_where_the_claim_is_about_a_later_time(self, claim: str, warned: bool) -> None:
        reply = english(supported(supporting(self.OLD), claim=claim))
        assert any("⏳" in text for text in texts(reply)) is warned

    @pytest.mark.parametrize("days", [0, 90, -3])
    def test_is_not_said_of_a_recent_report(self, days: int) -> None:
        recent = news(published_at=date.fromordinal(TODAY.toordinal() - days))
        assert not any("⏳" in text for text in texts(english(supported(supporting(recent)))))

    def test_is_not_said_of_an_undated_one(self) -> None:
        undated = supporting(news(published_at=None))
        assert not any("⏳" in text for text in texts(english(supported(undated))))

    def test_the_others_say_so_too(self) -> None:
        assert any(
            "⏳" in text for text in texts(compose_others(CLAIM, [self.OLD], TODAY, ENGLISH))
        )


class TestLanguageOfTheReport:
    @pytest.mark.parametrize(
        ("claim", "language", "english_note", "arabic_note"),
        [
            (CLAIM_AR, "en", "This report is in English", "لغة هذا التقرير الإنجليزية"),
            (CLAIM_AR, "en-GB", "This report is in English", "لغة هذا التقرير الإنجليزية"),
            (CLAIM, "ar", "This report is in Arabic", "لغة هذا التقرير العربية"),
            (CLAIM, "fr", "This report is in French", "لغة هذا التقرير الفرنسية"),
            (CLAIM_AR, "und", "This report is in English", "لغة هذا التقرير الإنجليزية"),
            (CLAIM_AR, "", "This report is in English", "لغة هذا التقرير الإنجليزية"),
        ],
    )
    def test_is_named_where_it_is_not_the_claims(
        self, claim: str, language: str, english_note: str, arabic_note: str
    ) -> None:
        for outcome in (supported, refuted, related):
            written = {"text": CLAIM_AR} if language == "ar" else {}
            statement = news(1, language=language, **written)
            answer = outcome(match(statement, Relation.SUPPORTS), claim=claim)
            assert any(english_note in text for text in texts(english(answer)))
            arabic = compose_answer(answer, Noted(7), TODAY, ARABIC)
            assert any(arabic_note in text for text in texts(arabic))

    @pytest.mark.parametrize(
        ("claim", "language"),
        [(CLAIM, "en"), (CLAIM, "en-US"), (CLAIM_AR, "ar"), ("el 7adeth 7asal fel madina", "ar")],
    )
    def test_is_not_mentioned_where_it_is_the_same(self, claim: str, language: str) -> None:
        written = {"text": CLAIM_AR} if language == "ar" else {}
        statement = news(1, language=language, **written)
        reply = english(supported(supporting(statement), claim=claim))
        assert not any("🌐" in text for text in texts(reply))

    def test_is_that_of_the_quote_where_a_report_is_in_two(self) -> None:
        statement = news(language="en", text=CLAIM_AR)
        reply = english(supported(supporting(statement), claim=CLAIM_AR))
        assert not any("🌐" in text for text in texts(reply))


class TestContradictingReports:
    NEW = news(1, text="The bridge carries 300 cars", published_at=date(2026, 2, 1))
    OLD = news(2, text="The bridge carries 250 cars daily", published_at=date(2026, 1, 3))
    DIFFERS = Reason(ReasonKind.NUMBER_DIFFERS, "250", "300")

    def test_are_both_shown_with_date_and_side_in_the_order_of_the_answer(self) -> None:
        answer = disputed(refuting(self.NEW, self.DIFFERS), supporting(self.OLD), match(news(3)))
        reply = english(answer)
        assert texts(reply)[1:] == [
            "«The bridge carries 300 cars»",
            "Said by: The mayor\n📰 Bridges, part 1 · The Valley Post · February 1, 2026",
            "This one contradicts what you sent.",
            "Your message: “250” → the report: “300”",
            "«The bridge carries 250 cars daily»",
            "Said by: The mayor\n📰 Bridges, part 2 · The Valley Post · January 3, 2026",
            "This one supports what you sent.",
        ]
        assert labels(reply) == [["Source 1"], ["Source 2"], FEEDBACK, ["🔔 Tell me when you know"]]

    def test_the_same_in_arabic(self) -> None:
        answer = disputed(refuting(self.NEW, self.DIFFERS), supporting(self.OLD))
        said = texts(compose_answer(answer, Noted(7), TODAY, ARABIC))
        assert "هذا يناقض ما أرسلته." in said
        assert "هذا يؤيّد ما أرسلته." in said


class TestReasons:
    @pytest.mark.parametrize(
        ("refutes", "kind"),
        [
            (True, ReasonKind.NUMBER_DIFFERS),
            (True, ReasonKind.DATE_DIFFERS),
            (True, ReasonKind.WORDS_DIFFER),
            (False, ReasonKind.NUMBER_AGREES),
            (False, ReasonKind.DATE_AGREES),
        ],
    )
    def test_both_wordings_are_shown(self, refutes: bool, kind: ReasonKind) -> None:
        reason = Reason(kind, "250", "300")
        answer = (
            refuted(refuting(news(), reason)) if refutes else supported(supporting(news(), reason))
        )
        assert english(answer).blocks[1].text == "Your message: “250” → the report: “300”"
        arabic = compose_answer(answer, Noted(7), TODAY, ARABIC)
        assert arabic.blocks[1].text == "رسالتك: «250» ← التقرير: «300»"

    @pytest.mark.parametrize(
        ("reason", "english_note", "arabic_note"),
        [
            (
                Reason(ReasonKind.NEGATION_DIFFERS, "did not fall", "fell"),
                "One denies what the other says. Your message: “did not fall” → the report: “fell”",
                "أحدهما ينفي ما يقوله الآخر. رسالتك: «did not fall» ← التقرير: «fell»",
            ),
            (
                Reason(ReasonKind.WORDS_DIFFER, "", "in the north"),
                "The report adds: “in the north”",
                "ويضيف التقرير: «in the north»",
            ),
            (
                Reason(ReasonKind.WORDS_DIFFER, "", "did not"),
                "The report denies this: “did not”",
                "التقرير ينفي ذلك: «did not»",
            ),
            (
                Reason(ReasonKind.WORDS_DIFFER, "in the north", ""),
                "Only in your message: “in the north”",
                "ورد في رسالتك ولم يرد في التقرير: «in the north»",
            ),
            (
                Reason(ReasonKind.WORDS_DIFFER, "لم", ""),
                "Your message denies what the report says: “لم”",
                "رسالتك تنفي ما يقوله التقرير: «لم»",
            ),
            (
                Reason(ReasonKind.WORDS_DIFFER),
                "The report says otherwise: compare its words with yours.",
                "التقرير يقول خلاف ذلك: قارن نصّه بنص رسالتك.",
            ),
        ],
    )
    def test_of_a_contradiction_are_said_in_words(
        self, reason: Reason, english_note: str, arabic_note: str
    ) -> None:
        answer = refuted(refuting(news(), reason))
        assert english(answer).blocks[1].text == english_note
        assert compose_answer(answer, Noted(7), TODAY, ARABIC).blocks[1].text == arabic_note

    @pytest.mark.parametrize(
        "found",
        [
            (),
            (Reason(ReasonKind.SAME_CONTENT),),
            (Reason(ReasonKind.NUMBER_AGREES, "ten", "10"),),
            (Reason(ReasonKind.NEGATION_DIFFERS, "fell", "fell"),),
        ],
    )
    def test_a_contradiction_never_goes_without_one(self, found: tuple[Reason, ...]) -> None:
        reply = english(refuted(refuting(news(), *found)))
        assert texts(reply)[1] == "The report says otherwise: compare its words with yours."

    def test_words_of_two_languages_are_not_compared(self) -> None:
        differs = Reason(ReasonKind.WORDS_DIFFER, "الجسر يحمل", "The bridge carries")
        reply = english(refuted(refuting(news(), differs), claim=CLAIM_AR))
        assert texts(reply)[1] == "The report says otherwise: compare its words with yours."

    def test_are_three_at_most(self) -> None:
        many = [Reason(ReasonKind.NUMBER_DIFFERS, str(n), str(n + 1)) for n in range(9)]
        assert len(texts(english(refuted(refuting(news(), *many))))) == 3 + 3

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
        assert "Said by: {rating}" in said[3]
        assert said[1] == "Your message: “{statement}” → the report: “{0}”"


class TestButtons:
    def test_link_others_and_dispute(self) -> None:
        several = supported(supporting(news(1)), match(news(2)))
        reply = english(several)
        assert labels(reply) == [["Source", "Other matches", "📤 Share"], FEEDBACK]
        assert reply.buttons[0][0].url == "https://example.org/1"

    def test_no_link_without_an_address_and_no_others_without_others(self) -> None:
        alone = supported(supporting(news(url=None)), match(news(2), relevance=0.1))
        assert labels(english(alone)) == [["📤 Share"], FEEDBACK]

    def test_one_that_settles_without_being_near_still_offers_the_others(self) -> None:
        far = match(news(1), Relation.SUPPORTS, relevance=0.1)
        first = labels(english(supported(far, match(news(2)))))[0]
        assert first == ["Source", "Other matches", "📤 Share"]

    def test_related_links_are_numbered_like_the_quotes(self) -> None:
        found = (match(news(1)), match(news(2, url=None)), match(news(3)))
        reply = english(related(*found))
        assert labels(reply) == [["Source 1"], ["Source 3"], FEEDBACK, ["🔔 Tell me when you know"]]
        assert labels(english(related()))[0] == ["Source"]

    @pytest.mark.parametrize("outcome", [supported, refuted, related])
    def test_every_action_fits_telegram(self, outcome: object) -> None:
        assert callable(outcome)
        answer = outcome(supporting(news(1)), match(news(2)))
        for row in compose_answer(answer, Noted(HUGE_ID), TODAY, ARABIC).buttons:
            for button in row:
                assert (button.action is None) == (button.url is not None or bool(button.share))
                assert button.action is None or len(button.action.encode()) <= 64

    @pytest.mark.parametrize("answer", [related(match(news())), no_match(), DISPUTED])
    def test_who_waits_may_stop_and_who_does_not_may_begin(self, answer: Answer) -> None:
        waits = compose_answer(answer, Noted(7, waiting=True), TODAY, ENGLISH).buttons[-1]
        asks = compose_answer(answer, Noted(7), TODAY, ENGLISH).buttons[-1]
        assert [(b.label, b.action) for b in waits] == [("🔕 Do not tell me", "quiet:7")]
        assert [(b.label, b.action) for b in asks] == [("🔔 Tell me when you know", "tell:7")]

    def test_what_is_passed_on_says_what_was_claimed_and_what_the_report_says(self) -> None:
        share = english(refuted()).buttons[0][-1]
        assert share.url == "https://example.org/1"
        assert share.share == (
            "❌ A verified report contradicts this:\n“The bridge carries 250 cars”\n"
            "«The bridge number 1 carries 250 cars»\nThe Valley Post · February 1, 2026"
        )

    def test_what_is_passed_on_is_short(self) -> None:
        long = refuting(news(text="word " * 400, publisher=None, published_at=None))
        share = english(refuted(long, claim="claim " * 400)).buttons[0][-1].share
        assert share is not None
        assert len(share) < 300


class TestOthers:
    def test_shows_up_to_three_without_a_verdict(self) -> None:
        reply = compose_others(CLAIM, [news(n) for n in range(1, 6)], TODAY, ENGLISH)
        assert texts(reply)[0] == "🔎 Other related verified reports"
        assert len(quotes(reply)) == 3
        assert labels(reply) == [["Source 1"], ["Source 2"], ["Source 3"]]

    def test_says_so_where_there_is_none(self) -> None:
        reply = compose_others(CLAIM, [], TODAY, ENGLISH)
        assert texts(reply) == ["There are no other verified reports on this."]
        assert reply.buttons == ()


@pytest.mark.parametrize("problem", ClaimProblem)
def test_what_cannot_be_read_is_answered_with_what_to_send(problem: ClaimProblem) -> None:
    said = {
        words.language: texts(compose_unreadable(problem, words)) for words in (ARABIC, ENGLISH)
    }
    assert all(len(blocks) == 1 and len(blocks[0]) > 20 for blocks in said.values())
    assert said[Language.ARABIC] != said[Language.ENGLISH]


class TestForwards:
    @pytest.mark.parametrize("answer", [refuted(), no_match()])
    def test_what_many_forwarded_and_nothing_stands_behind_is_said_to_be(
        self, answer: Answer
    ) -> None:
        note = "At least 7 people have forwarded this message to me."
        assert note in texts(compose_answer(answer, Noted(7, forwarders=7), TODAY, ENGLISH))
        few = texts(compose_answer(answer, Noted(7, forwarders=4), TODAY, ENGLISH))
        assert not any("forwarded" in text for text in few)

    @pytest.mark.parametrize(
        ("count", "note"),
        [
            (7, "حوّل إليّ هذه الرسالة 7 أشخاص على الأقل."),
            (12, "حوّل إليّ هذه الرسالة 12 شخصًا على الأقل."),
            (100, "حوّل إليّ هذه الرسالة 100 شخص على الأقل."),
        ],
    )
    def test_arabic_counts_people_as_it_does(self, count: int, note: str) -> None:
        assert note in texts(compose_answer(no_match(), Noted(7, forwarders=count), TODAY, ARABIC))


class TestSeveral:
    SEVERAL = related(match(news(1)), match(news(2)), match(news(3)))

    def test_show_one_candidate_each_and_lead_to_the_others(self) -> None:
        parts = [Part(CLAIM, self.SEVERAL, Noted(7)), Part(CLAIM, refuted(), Noted(8))]
        reply = compose_answers(parts, TODAY, ENGLISH, rest=4)
        assert len(quotes(reply)) == 2
        assert ["1. Other matches"] in labels(reply)
        rest = reply.buttons[-1][-1]
        assert (rest.label, rest.action) == ("Check the rest (4)", "rest:8")

    def test_one_shows_all_of_them(self) -> None:
        reply = compose_answers([Part(CLAIM, self.SEVERAL, Noted(7))], TODAY, ENGLISH)
        assert len(quotes(reply)) == 3
        assert not any("rest" in (b.action or "") for row in reply.buttons for b in row)

    def test_nothing_is_hidden_that_no_button_leads_to(self) -> None:
        parts = [Part(CLAIM, self.SEVERAL, None), Part(CLAIM, self.SEVERAL, None)]
        reply = compose_answers(parts, TODAY, ENGLISH, rest=4)
        assert len(quotes(reply)) == 6
        assert all(button.action is None for row in reply.buttons for button in row)

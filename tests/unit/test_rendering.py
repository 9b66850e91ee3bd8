"""A reply as Telegram messages: what is shown, which way it reads, where it is cut."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Language, load_catalogue
from bot.telegram.outgoing.rendering import MESSAGE_UNITS, Rendered, count_utf16_units, render
from tests.e2e.bot_api_rules import checked_text
from tests.e2e.bot_api_rules import units as telegrams_units

RLM, LRM, FSI, PDI = "\u200f", "\u200e", "\u2068", "\u2069"
MARKS = str.maketrans("", "", RLM + LRM + FSI + PDI)


def _show(*blocks: Block, buttons: tuple[tuple[Button, ...], ...] = ()) -> tuple[Rendered, ...]:
    return render(Reply(blocks, buttons))


def _text(rendered: Rendered) -> str:
    return checked_text(rendered.html, "HTML")


def _one(text: str, style: Style = Style.PLAIN) -> str:
    (rendered,) = _show(Block(text, style))
    return rendered.html


class TestMarkup:
    """Styles are tags; what people wrote is never one."""

    @pytest.mark.parametrize(
        ("style", "expected"),
        [
            (Style.HEADLINE, "<b>خبر</b>"),
            (Style.QUOTE, "<blockquote>خبر</blockquote>"),
            (Style.NOTE, "<i>خبر</i>"),
            (Style.PLAIN, "خبر"),
        ],
    )
    def test_each_style_has_its_tag(self, style: Style, expected: str) -> None:
        assert _one("خبر", style) == expected

    def test_markup_in_the_text_is_shown_as_written(self) -> None:
        shown = _one('<b>&amp; "x" </blockquote>', Style.QUOTE)
        assert shown == ('<blockquote>&lt;b&gt;&amp;amp; "x" &lt;/blockquote&gt;</blockquote>')

    def test_blocks_stand_apart_and_a_source_right_under_its_quote(self) -> None:
        (rendered,) = _show(
            Block("عنوان", Style.HEADLINE), Block("نقل", Style.QUOTE), Block("مصدر"), Block("بعد")
        )
        assert rendered.html == "<b>عنوان</b>\n\n<blockquote>نقل</blockquote>\nمصدر\n\nبعد"

    def test_invisible_and_reordering_characters_do_not_go_out(self) -> None:
        assert _one("خبر\u202e\u2066\u200b صحيح\x00") == "خبر صحيح"

    def test_half_a_character_is_replaced_so_that_the_rest_can_be_sent(self) -> None:
        assert _one("خبر \ud83d") == "خبر \ufffd"

    def test_nothing_to_see_is_no_message(self) -> None:
        assert _show(Block(" \u200b\n")) == ()


class TestDirection:
    """Every line reads the way its block does."""

    @pytest.mark.parametrize("opening", ["99.5% ", "❌ ", "Reuters تقول ", "«", "- "])
    def test_an_arabic_line_that_opens_otherwise_still_reads_right_to_left(
        self, opening: str
    ) -> None:
        shown = _one(f"{opening}من مساحة الخلافة الأصلية")
        assert shown.startswith(RLM)
        assert _one("من مساحة").startswith("م")

    def test_each_line_is_marked_and_empty_ones_are_left_alone(self) -> None:
        assert _one("خبر طويل\n\n7 فبراير") == f"خبر طويل\n\n{RLM}7 فبراير"

    def test_a_latin_name_beside_a_number_is_isolated(self) -> None:
        assert _one("خبر من الوكالة · Reuters · 7 فبراير") == (
            f"خبر من الوكالة · {FSI}Reuters{PDI} · 7 فبراير"
        )

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("الأمر /mydata يرسل كل شيء", f"الأمر {LRM}/mydata يرسل كل شيء"),
            ("للأسئلة كلها: /notify off", f"للأسئلة كلها: {LRM}/notify off"),
            ("/check · تثبَّت من خبر", f"{RLM}{LRM}/check · تثبَّت من خبر"),
            ("كتب @some عن كل #News أمس", f"كتب {LRM}@some عن كل {LRM}#News أمس"),
            ("اقرأ https://example.org/a/ ثم عد", f"اقرأ https://example.org/a/{LRM} ثم عد"),
            # What was put there by hand is not put there twice.
            (f"الأمر {LRM}/mydata يرسل", f"الأمر {LRM}/mydata يرسل"),
        ],
    )
    def test_a_sign_stays_before_its_word_in_an_arabic_line(self, text: str, shown: str) -> None:
        assert _one(text) == shown

    @pytest.mark.parametrize(
        "text", ["السرعة 90 km/h هنا", "كلمة/word ثم أخرى", "في #سوريا اليوم", "و/أو"]
    )
    def test_what_is_no_command_does_not_become_one(self, text: str) -> None:
        assert LRM not in _one(text)

    @pytest.mark.parametrize(
        "text", ["قالت Reuters أمس إن ذلك صحيح", "اقرأ https://example.org/a-b, ثم أرسل"]
    )
    def test_latin_text_is_left_alone_where_nothing_is_drawn_to_it(self, text: str) -> None:
        assert _one(text) == text

    def test_an_english_block_stays_left_to_right_even_when_it_opens_in_arabic(self) -> None:
        assert _one("Said by somebody, 7 May") == "Said by somebody, 7 May"
        assert _one("داعش is what the report calls it") == f"{LRM}داعش is what the report calls it"

    def test_what_reads_the_other_way_in_a_line_stands_apart(self) -> None:
        english, arabic = load_catalogue(Language.ENGLISH), load_catalogue(Language.ARABIC)
        line = f"{english.quote('هل مات (فلان)؟')} · {english.quote('Reuters')} · May 7"
        assert Block(line).text == "هل مات (فلان)؟ · Reuters · May 7"
        assert _one(line) == f"{LRM}{FSI}هل مات (فلان)؟{PDI} · Reuters · May 7"
        line = f"نقلًا عن: {arabic.quote('The mayor (7)')}، {arabic.quote('بلدية 7')}"
        assert _one(line) == f"نقلًا عن: {FSI}The mayor (7){PDI}، بلدية 7"

    def test_an_isolate_reads_as_most_of_its_letters_do(self) -> None:
        shown = load_catalogue(Language.ENGLISH).quote("BBC: وفاة 7 أشخاص")
        assert _one(f"Said by: {shown}") == f"Said by: {FSI}{RLM}BBC: وفاة 7 أشخاص{PDI}"

    def test_isolates_that_are_not_ours_do_not_reach_beyond_themselves(self) -> None:
        assert _one(f"{PDI}a statement {FSI}of{FSI} words") == "a statement of words"
        assert _one("a\u2067 statement\u2069 \u202eof words") == "a statement of words"

    def test_joiners_of_letters_and_emoji_are_shown(self) -> None:
        for text in ("او می\u200cخواهد", "علم \U0001f3f3\ufe0f\u200d\U0001f308 هنا"):
            assert _one(text) == text

    def test_a_block_without_letters_follows_the_reply(self) -> None:
        arabic, english = Block("خبر صحيح"), Block("a statement")
        assert _show(arabic, Block("99.5%"))[0].html.endswith(f"{RLM}99.5%")
        assert _show(english, Block("99.5%"))[0].html.endswith("\n99.5%")


class TestSplitting:
    """Long replies are several whole messages."""

    def test_a_short_block_moves_whole_and_the_keyboard_is_under_the_last(self) -> None:
        first, second = "ا" * 4000, "ب" * 500
        button = Button("رابط", url="https://example.org")
        one, two = _show(Block(first), Block(second, Style.QUOTE), buttons=((button,),))
        assert (_text(one), _text(two)) == (first, second)
        assert (one.keyboard, two.keyboard is None) == (None, False)

    def test_a_headline_keeps_the_beginning_of_a_long_quote(self) -> None:
        sentence = "قال المتحدث إن ذلك لم يحدث. "
        one, *rest = _show(Block("عنوان", Style.HEADLINE), Block(sentence * 200, Style.QUOTE))
        assert one.html.startswith("<b>عنوان</b>\n\n<blockquote>قال")
        assert all(_text(each).endswith("يحدث.") for each in (one, *rest))

    @pytest.mark.parametrize(
        ("border", "expected"),
        [("\n\n", "م"), ("\n", "م"), (". ", "م."), ("؟ ", "م؟"), (" ", "م")],
    )
    def test_a_long_block_is_cut_where_it_means_something(self, border: str, expected: str) -> None:
        one, two = _show(Block("م" * 3000 + border + "ن" * 3000))
        assert _text(one).endswith(expected)
        assert _text(two) == "ن" * 3000

    def test_characters_of_two_units_count_twice_and_are_never_halved(self) -> None:
        shown = _show(Block("😀" * 3000))
        assert [_text(each).translate(MARKS) for each in shown] == ["😀" * 2047, "😀" * 953]

    def test_a_letter_keeps_its_marks(self) -> None:
        shown = _show(Block("بَّ" * 3000))
        assert all(_text(each).startswith("ب") for each in shown)

    letters = st.sampled_from('ابتث مabc .؟\n<&>"😀\u064e\u202e7٧ـ/@-_·«»')
    styles = st.sampled_from(Style)
    texts = st.one_of(
        st.text(letters, max_size=80),
        st.builds(
            lambda text, times: text * times, st.text(letters, max_size=40), st.integers(1, 400)
        ),
    )

    # What is measured is whether it is right; a loaded machine takes its time.
    @settings(deadline=None)
    @given(st.lists(st.builds(Block, texts, styles), max_size=5))
    def test_whatever_is_said_telegram_takes_and_nothing_is_lost(self, blocks: list[Block]) -> None:
        shown = render(Reply(tuple(blocks)))
        seen = [_text(each) for each in shown]
        assert all(0 < telegrams_units(text) <= MESSAGE_UNITS for text in seen)
        said = "".join(block.text for block in blocks)
        assert _letters("".join(seen)) == _letters(said)

    @given(st.text())
    def test_units_are_counted_as_telegram_counts(self, text: str) -> None:
        assert count_utf16_units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


class TestButtons:
    """Only buttons Telegram takes: one bad button would cost the whole message."""

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)", "ftp://example.org", "//example.org", "https://", "http://[",
            "https://localhost/a", "https://user@example.org", "https://example.org/a b",
            "https://example.org/\u202egpj", "https://example.org/\ud83d",
        ],
    )  # fmt: skip
    def test_an_address_that_is_no_web_page_is_dropped(self, url: str) -> None:
        (rendered,) = _show(Block("خبر"), buttons=((Button("رابط", url=url),),))
        assert rendered.keyboard is None

    def test_rows_are_kept_and_what_cannot_be_pressed_is_dropped(self) -> None:
        rows = (
            (Button("مصدر", url="https://example.org/خبر?a=1"), Button("أخرى", action="a" * 64)),
            (Button("طويل", action="a" * 65), Button("لا شيء"), Button("\u200b", action="x")),
        )
        (rendered,) = _show(Block("خبر"), buttons=rows)
        assert rendered.keyboard is not None
        ((source, others),) = rendered.keyboard.inline_keyboard
        assert (source.text, source.url) == ("مصدر", "https://example.org/خبر?a=1")
        assert (others.text, others.callback_data) == ("أخرى", "a" * 64)


def _letters(text: str) -> str:
    """Return ``text`` without white space and direction characters."""
    return re.sub(r"\s|[\u200e\u200f\u2068\u2069\u202e]", "", text)


class TestSharing:
    """A button that passes text on is Telegram's own link for that."""

    def _link(self, button: Button) -> str:
        (message,) = render(Reply((Block("answer"),), ((button,),)))
        assert message.keyboard is not None
        link = message.keyboard.inline_keyboard[0][0].url
        assert isinstance(link, str)
        return link

    def test_the_address_and_the_text_go_along(self) -> None:
        link = self._link(Button("Share", url="https://example.org/a?b=1&c=2", share="❌ & «قال»"))
        parts = urlsplit(link)
        assert (parts.netloc, parts.path) == ("t.me", "/share/url")
        assert parse_qs(parts.query) == {
            "url": ["https://example.org/a?b=1&c=2"],
            "text": ["❌ & «قال»"],
        }

    @pytest.mark.parametrize(
        "url", [None, "javascript:alert(1)", "https://example.org/" + "a" * 3000]
    )
    def test_without_a_usable_address_the_text_takes_its_place(self, url: str | None) -> None:
        link = self._link(Button("Share", url=url, share="words"))
        assert parse_qs(urlsplit(link).query) == {"url": ["words"]}

    def test_a_lone_surrogate_does_not_break_it(self) -> None:
        assert self._link(Button("Share", share="a\ud800b"))

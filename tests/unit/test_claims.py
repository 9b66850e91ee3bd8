"""From a message to what it is and the sentences that are checked, or to what to send instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.tokenisation import words
from knowledge.claims import (
    MAX_CHARACTERS,
    Intent,
    Message,
    bare_text,
    clauses,
    lone_link,
    read_message,
)
from knowledge.errors import ClaimProblem, UnreadableClaim


def claims(message: str) -> list[str]:
    read = read_message(message)
    assert read.intent is Intent.CLAIM
    return list(read.claims)


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("داعش خسر\n\nنصف  أراضيه https://example.com/a?b=1#c", "داعش خسر نصف أراضيه"),
        ("انظر www.example.com داعش خسر", "انظر داعش خسر"),
        ("داعش خسر bit.ly/3xYz نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("@news_ar داعش خسر نصف أراضيه @friend", "داعش خسر نصف أراضيه"),
        ("RT @news_ar: داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("RT: two words", "two words"),
        ("داعش \u202eخسر\u202c نصف\u200b أراضيه", "داعش خسر نصف أراضيه"),
        ("درجة الحرارة 45° و 99,5٪ اليوم", "درجة الحرارة 45° و 99,5٪ اليوم"),
        ("نسبة 3.5/10 من الناس", "نسبة 3.5/10 من الناس"),
        ("write to a.b@example.com today", "write to a.b@example.com today"),
        ("START the ART now", "START the ART now"),
        ("قال 5 أشخاص 👍🏽", "قال 5 أشخاص"),
        # Tags, sources that are nobody, calls to pass it on.
        ("عاجل 🔴🔴 داعش خسر نصف أراضيه ‼️", "داعش خسر نصف أراضيه ‼"),
        ("🔴 #عاجل | داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("BREAKING: ISIS lost half of its land", "ISIS lost half of its land"),
        ("Breaking ranks, the mayor resigned", "Breaking ranks, the mayor resigned"),
        ("مهم جدا: داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("مهم أن داعش خسر نصف أراضيه", "مهم أن داعش خسر نصف أراضيه"),
        ("حسب مصادر موثوقة، داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("بحسب مصادر في الجيش خسر داعش أراضيه", "بحسب مصادر في الجيش خسر داعش أراضيه"),
        ("داعش خسر نصف أراضيه انشر تؤجر", "داعش خسر نصف أراضيه"),
        ("انشرها قبل الحذف: داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("ISIS lost Mosul. Please forward this to everyone you know!", "ISIS lost Mosul"),
        ("Russia will share this vaccine with all", "Russia will share this vaccine with all"),
        ("Forwarded from News\nداعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("ISIS left Mosul today — A Name (@name) March 19, 2019", "ISIS left Mosul today — A Name"),
        ("@news_ar تقول @CentralBank إن السعر ارتفع", "تقول Central Bank إن السعر ارتفع"),
        ("«داعش خسر نصف أراضيه»", "داعش خسر نصف أراضيه"),
        # Hashtags inside the sentence are its words, those piled up behind it are not.
        ("#تنظيم_داعش خسر نصف أراضيه", "تنظيم داعش خسر نصف أراضيه"),
        ("داعش خسر نصف أراضيه في #سوريا #أخبار #تلفزيون", "داعش خسر نصف أراضيه في سوريا"),
        ("داعش خسر نصف أراضيه. #أخبار #صباح_الخير", "داعش خسر نصف أراضيه"),
        ("داعش خسر نصف أراضيه #قناة_الأخبار", "داعش خسر نصف أراضيه"),
        # Greetings and prayers before a claim.
        ("السلام عليكم ورحمة الله، داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("Hello! ISIS lost half of its land", "ISIS lost half of its land"),
        ("اللهم لك الحمد والشكر 🙏 داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("ISIS LOST HALF OF ITS LAND IN 2019", "isis lost half of its land in 2019"),
    ],
)
def test_what_is_checked(message: str, claim: str) -> None:
    assert claims(message) == [claim]


@pytest.mark.parametrize(
    "claim",
    [
        "سلام فياض استقال من الحكومة",
        "طيب أردوغان يزور القاهرة",
        "Hello Kitty's creator has died",
        "الله يرحم الملك توفي اليوم",
        "اللهم احفظ لبنان، الحكومة شغلت خط القطار بين طرابلس وبيروت",
        "ما رأيك في خبر: داعش خسر نصف أراضيه",
        "صباح الأحمد أمير الكويت",
        "Covid19 deaths rose at 5pm on the 3rd of May in G20 states",
    ],
)
def test_a_claim_is_never_taken_for_small_talk(claim: str) -> None:
    assert claims(claim) == [claim]


def test_a_claim_beside_a_prayer_is_kept() -> None:
    message = "الله يحفظ أهلنا في الكويت وبلاد المسلمين.\nهزة أرضية جنوب الكويت"
    assert claims(message) == ["هزة أرضية جنوب الكويت"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("السلام عليكم ورحمة الله وبركاته", Intent.GREETING),
        ("مرحبااااا 👋", Intent.GREETING),
        ("صباح الخير يا شباب", Intent.GREETING),
        ("شلونك", Intent.GREETING),
        ("Hi there!", Intent.GREETING),
        ("Bonjour, ça va ?", Intent.GREETING),
        ("شكرا جزيلا", Intent.THANKS),
        ("Thank you very much!!", Intent.THANKS),
        ("جزاك الله خيرا", Intent.THANKS),
        ("مين إنت؟", Intent.HELP),
        ("السلام عليكم، من أنت؟", Intent.HELP),
        ("What can you do?", Intent.HELP),
        ("help", Intent.HELP),
        ("لا حول ولا قوة إلا بالله", Intent.PRAYER),
        ("اللهم احفظ بلادنا من كل سوء وارحم موتانا", Intent.PRAYER),
        ("يا رب 🤲", Intent.PRAYER),
        ("ما رأيك في محمد صلاح؟", Intent.CHAT),
        ("What do you think of the president?", Intent.CHAT),
        ("أنا حزين اليوم", Intent.CHAT),
        ("شو مصدر هالكلام؟", Intent.SOURCE),
        ("Where did you get that from?", Intent.SOURCE),
        ("يعني الخبر صح ولا كذب؟", Intent.VERDICT),
        ("جوابك غلط يا بوت", Intent.WRONG),
        ("your answer is wrong", Intent.WRONG),
        ("بوت فاشل وغبي", Intent.INSULT),
        ("كيف بستخدم هالبوت؟", Intent.HELP),
        ("تصبح على خير، إلى اللقاء", Intent.GREETING),
        ("والله انا اشوف انه ماله داعي ناخذ التطعيم وش رايكم انتم", Intent.CHAT),
    ],
)
def test_what_is_no_claim_is_known_for_what_it_is(message: str, kind: Intent) -> None:
    assert read_message(message) == Message(kind)


@pytest.mark.parametrize(
    ("message", "arabizi"),
    [
        ("el ra2is mat el yom fel 7adeth", True),
        ("da3esh 5aser nos aradih fi souria", True),
        ("wallah el malik mat el yom", True),
        ("ISIS lost half of its land in 2019", False),
        ("Daech a perdu la moitié de son territoire", False),
        ("The 2nd 5G mast burned at 3am", False),
    ],
)
def test_arabic_in_latin_letters_is_known_and_still_a_claim(message: str, arabizi: bool) -> None:
    read = read_message(message)
    assert read.claims == (message,)
    assert read.arabizi is arabizi


class TestQuestions:
    @pytest.mark.parametrize(
        ("message", "claim"),
        [
            ("هل صحيح أن داعش خسر نصف أراضيه؟", "داعش خسر نصف أراضيه"),
            ("هل صحيح إنو داعش لسا محاصر؟", "داعش لسا محاصر"),
            ("هل داعش محاصر في نصف مساحة خلافته؟", "داعش محاصر في نصف مساحة خلافته"),
            ("صباح الخير، هل فعلا خسر داعش نصف أراضيه ؟", "خسر داعش نصف أراضيه"),
            ("سمعت أن داعش خسر نصف أراضيه، هل هذا صحيح؟", "داعش خسر نصف أراضيه"),
            ("داعش خسر نصف أراضيه .. الخبر ده صحيح ؟", "داعش خسر نصف أراضيه"),
            ("Is it true that ISIS lost half of its land?", "ISIS lost half of its land"),
            ("I heard that ISIS lost Mosul. Is this true?", "ISIS lost Mosul"),
            ("Est-ce que Daech a perdu Mossoul ?", "Daech a perdu Mossoul"),
            ("Est-il vrai que Daech a perdu Mossoul ?", "Daech a perdu Mossoul"),
        ],
    )
    def test_become_what_they_ask_about(self, message: str, claim: str) -> None:
        assert claims(message) == [claim]

    @pytest.mark.parametrize(
        "message",
        [
            "أليس صحيحا أن داعش خسر نصف أراضيه؟",
            "هل اللقاح آمن أم خطير على الأطفال؟",
            "غير صحيح أن داعش خسر نصف أراضيه",
            "Isn't it true that ISIS lost half of its land?",
            "Is it false that ISIS lost half of its land?",
            "Did ISIS lose half of its land?",
            "It is not true that ISIS lost half of its land",
            "خبر خسارة داعش نصف أراضيه غير صحيح؟",
        ],
    )
    def test_that_deny_or_leave_a_choice_stay_as_they_are(self, message: str) -> None:
        assert claims(message) == [message]

    def test_one_about_nothing_asks_what_was_made_of_the_last_news(self) -> None:
        for message in ("هل هذا صحيح؟", "Is this true?", "السلام عليكم، هل هذا الخبر صحيح؟"):
            assert read_message(message) == Message(Intent.VERDICT)


class TestDenials:
    @pytest.mark.parametrize(
        ("message", "claim"),
        [
            ("هل صحيح أن داعش خسر نصف أراضيه؟ لا", "غير صحيح أن داعش خسر نصف أراضيه"),
            ("داعش خسر نصف أراضيه. هذا الخبر كاذب", "غير صحيح أن داعش خسر نصف أراضيه"),
            ("داعش لم يخسر أراضيه\nكذب", "غير صحيح أن داعش لم يخسر أراضيه"),
            ("Is it true that ISIS lost Mosul? No.", "It is not true that ISIS lost Mosul"),
            (
                "Daech a perdu Mossoul hier. C'est faux.",
                "Il est faux que Daech a perdu Mossoul hier",
            ),
            ("مفبرك! انسحبت القوات من المدينة", "غير صحيح أن انسحبت القوات من المدينة"),
            ("Fake! The troops left the city.", "It is not true that The troops left the city"),
            ("شائعة: انسحبت القوات من المدينة", "غير صحيح أن انسحبت القوات من المدينة"),
            ("خبر كاذب: انسحبت القوات من المدينة", "غير صحيح أن انسحبت القوات من المدينة"),
            ("Intox : l'armée a quitté la ville", "Il est faux que l'armée a quitté la ville"),
            ("الأردن: انسحبت القوات من المدينة", "الأردن: انسحبت القوات من المدينة"),
            ("هل صحيح أن داعش خسر نصف أراضيه؟ نعم", "داعش خسر نصف أراضيه"),
            ("انسحبت القوات من المدينة. هذه ليست إشاعة.", "انسحبت القوات من المدينة"),
            ("The troops left the city. This is not a hoax.", "The troops left the city"),
            ("انسحبت القوات من المدينة. ليس صحيحا، كذب", "غير صحيح أن انسحبت القوات من المدينة"),
        ],
    )
    def test_an_answer_travels_with_what_it_answers(self, message: str, claim: str) -> None:
        assert claims(message) == [claim]

    @pytest.mark.parametrize(
        "message",
        [
            "شائعات اليوم:\n1. داعش أعلن خلافته في العام 2016\n2. خرج 120 ألف شخص من المدينة",
            "داعش أعلن خلافته في العام 2016.\nخرج 120 ألف شخص من المدينة.\nكله كذب",
            "داعش أعلن خلافته في العام 2016.\nشائعة لا أساس لها من الصحة أبدا",
            "These are all false: ISIS lost half of its land. The mayor resigned on Monday.",
        ],
    )
    def test_several_that_are_denied_together_are_not_cut_apart(self, message: str) -> None:
        (claim,) = claims(message)
        assert any(word in claim for word in ("شائع", "كذب", "false"))


class TestSeveralClaims:
    def test_one_that_is_repeated_leaves_room_for_others(self) -> None:
        again = "أعلنت الحكومة رفع أسعار الوقود ابتداء من يوم الأحد المقبل"
        other = "أغلقت البلدية جسر المدينة القديم أمام حركة السيارات والشاحنات"
        found = claims("\n".join([again, again, again, other, again]))
        assert [claim.rstrip(".") for claim in found] == [again, other]

    def test_of_a_list_are_checked_each_in_order(self) -> None:
        listed = ["داعش أعلن خلافته في العام 2016", "خرج 120 ألف شخص من المدينة أمس"]
        for form in ("1. {}\n2. {}", "١- {} ٢- {}", "• {}\n• {}", "🔴 {} 🔴 {}", "{}.\n{}."):
            assert [c.rstrip(".") for c in claims(form.format(*listed))] == listed

    def test_are_three_at_most_and_what_is_left_out_is_known(self) -> None:
        message = (
            "السلام عليكم ورحمة الله وبركاته. وصلتني هذه الأخبار من صديق عزيز على قلبي."
            " أعلن التنظيم إقامة الخلافة سنة 2011 في سوريا والعراق معا."
            " وخرج أكثر من 120 ألف شخص من مناطق سيطرته منذ مطلع كانون الأول."
            " اللهم احفظ بلاد المسلمين من كل شر."
            " وقتلت غارة للتحالف 3400 مدني في آخر جيب شرق الفرات."
            " أنا خائف جدا على أهلي وما عاد أعرف ماذا أفعل يا إخوان."
        )
        read = read_message(message)
        assert [claim.split()[0] for claim in read.claims] == ["أعلن", "وخرج", "وقتلت"]
        assert read.excerpt

    def test_further_ones_are_kept_to_be_asked_for(self) -> None:
        listed = [f"أعلنت البلدية رقم {n} إغلاق {n + 40} مدرسة أمس" for n in range(20)]
        read = read_message("\n".join(listed))
        assert (len(read.claims), len(read.rest)) == (3, 9)
        # Each is the message's own, once, and they stay in its order.
        assert sorted({*read.claims, *read.rest}, key=listed.index) == [
            each for each in listed if each in read.claims or each in read.rest
        ]
        assert list(read.rest) == sorted(read.rest, key=listed.index)

    def test_a_short_one_leaves_nothing_to_ask_for(self) -> None:
        assert read_message("أعلنت البلدية إغلاق 40 مدرسة أمس").rest == ()

    def test_a_short_message_of_two_sentences_holds_two(self) -> None:
        for gap in (". ", "\n", "! "):
            message = f"داعش يسيطر على نصف مساحة خلافته{gap}القهوة تشفي من السرطان"
            assert len(claims(message)) == 2

    def test_what_is_too_short_to_stand_alone_stays_with_the_sentence_before_it(self) -> None:
        message = "فاز المنتخب الوطني على ضيفه أمس. بثلاثة أهداف. خرج الجمهور إلى الشوارع محتفلا"
        assert [claim.split()[0] for claim in claims(message)] == ["فاز", "خرج"]
        assert "بثلاثة" in claims(message)[0]

    def test_a_sentence_that_leans_on_another_stays_with_it(self) -> None:
        message = "استقال رئيس بلدية المدينة الكبيرة أمس. وهو لم ينف التهم الموجهة إليه."
        assert claims(message) == [message.removesuffix(".")]

    def test_a_line_that_only_breaks_off_is_no_claim_of_its_own(self) -> None:
        message = "مرشد الجماعة في المهجر\nيعلن من تركيا دعم المرشح في الانتخابات القادمة"
        assert len(claims(message)) == 1


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("", ClaimProblem.EMPTY),
        (" \n\t ", ClaimProblem.EMPTY),
        ("\u200b\u202e\ufeff\x00", ClaimProblem.EMPTY),
        ("😀😀", ClaimProblem.NO_WORDS),
        ("؟؟!! …", ClaimProblem.NO_WORDS),
        ("@someone @another", ClaimProblem.NO_WORDS),
        ("https://example.com/story", ClaimProblem.ONLY_LINKS),
        ("http://a.example http://b.example", ClaimProblem.ONLY_LINKS),
        ("t.me/channel/12", ClaimProblem.ONLY_LINKS),
        ("@news 👇 https://example.com/story", ClaimProblem.ONLY_LINKS),
        ("داعش", ClaimProblem.TOO_SHORT),
        ("عاجل", ClaimProblem.NO_WORDS),
        ("#داعش!!!", ClaimProblem.ONLY_HASHTAGS),
        ("#داعش #سوريا https://example.com", ClaimProblem.ONLY_LINKS),
        ("داعش https://example.com", ClaimProblem.TOO_SHORT),
        ("كلمة " * MAX_CHARACTERS, ClaimProblem.TOO_LONG),
    ],
)
def test_what_cannot_be_checked_says_why_in_one_sentence(
    message: str, problem: ClaimProblem
) -> None:
    with pytest.raises(UnreadableClaim) as caught:
        read_message(message)
    assert caught.value.problem is problem
    assert str(caught.value).startswith("the claim ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "link"),
    [
        ("https://example.com/story?a=1#top", "https://example.com/story?a=1#top"),
        ("HTTP://example.com/", "HTTP://example.com/"),
        ("t.me/channel/12", "https://t.me/channel/12"),
        ("www.example.com.", "https://www.example.com"),
        ("«https://example.com/a»", "https://example.com/a"),
        ("https://ar.example.org/wiki/a_(b)", "https://ar.example.org/wiki/a_(b)"),
        ("https://a.example/1\nhttps://b.example/2", "https://a.example/1"),
        ("عاجل 🔴 https://example.com/story @news", "https://example.com/story"),
        ("https://example.com/\u202e\u200bstory", "https://example.com/story"),
        ("https://example.com/story #خبر #جسر", "https://example.com/story"),
        ("أغلق الجسر https://example.com/story", None),
        ("#خبر", None),
        ("", None),
        ("كلمة " * MAX_CHARACTERS + "https://example.com/", None),
    ],
)
def test_a_link_alone_is_told_from_words_with_one(message: str, link: str | None) -> None:
    assert lone_link(message) == link


@given(st.text(alphabet="لا لم 5 7 خبر. ؟\n#", max_size=60))
def test_bare_text_never_loses_a_negator_or_a_number(text: str) -> None:
    kept = words(bare_text(f"أعلن {text} اليوم"))
    for word in ("لا", "لم", "5", "7"):
        hashed = text.count("#")
        assert hashed or kept.count(word) == words(text).count(word)


def test_the_longest_message_is_read() -> None:
    longest = ("أعلنت البلدية إغلاق 40 مدرسة " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert claims(longest) == [longest.strip()]


@given(st.text(max_size=80))
def test_anything_at_all_is_read_or_told_what_is_wrong(message: str) -> None:
    try:
        read = read_message(message)
    except UnreadableClaim:
        return
    assert len(read.claims) <= 3
    assert all(claim == " ".join(claim.split()) for claim in read.claims)
    assert bool(read.claims) == (read.intent is Intent.CLAIM)


@pytest.mark.parametrize(
    "piece",
    [
        "عاجل ",
        "#a",
        "هل ",
        "صحيح ",
        "؟ ",
        "1. ",
        "2. ",
        "send this to ",
        "(",
        "— ",
        "please ",
        "انشر ",
        "🔴",
    ],
)
def test_a_hostile_message_is_cut_like_any_other(piece: str) -> None:
    try:
        read = read_message((piece * MAX_CHARACTERS)[:MAX_CHARACTERS])
    except UnreadableClaim:
        return
    assert len(read.claims) <= 3


@pytest.mark.parametrize("piece", ["a.", "aa./", "a-", "@a", "RT ", "http", "www.", "1,"])
def test_a_hostile_message_is_read_like_any_other(piece: str) -> None:
    message = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert len(bare_text(message)) <= len(message)


@given(st.text(max_size=80))
def test_a_claim_can_be_stored_and_sent(message: str) -> None:
    bare_text(message).encode("utf-8")


def test_what_a_page_marks_up_is_read_without_its_tags() -> None:
    marked = '<b>Spain</b> beat Italy in <a href="x">Berlin</a><br/>'
    assert " ".join(bare_text(marked).split()) == "Spain beat Italy in Berlin"
    assert bare_text("5 <b 6 and 7> 2") != ""


class TestClauses:
    @pytest.mark.parametrize(
        ("claim", "cut"),
        [
            (
                "داعش يسيطر على نصف مساحة خلافته والقهوة تشفي من السرطان",
                ["داعش يسيطر على نصف مساحة خلافته", "والقهوة تشفي من السرطان"],
            ),
            (
                "البلدية أغلقت الجسر القديم أمس، المدارس تفتح أبوابها يوم الأحد",
                ["البلدية أغلقت الجسر القديم أمس", "المدارس تفتح أبوابها يوم الأحد"],
            ),
            (
                "The army closed the port and the minister opened the bridge",
                ["The army closed the port", "the minister opened the bridge"],
            ),
        ],
    )
    def test_are_cut_at_commas_and_at_and(self, claim: str, cut: list[str]) -> None:
        assert list(clauses(claim).free) == cut

    @pytest.mark.parametrize(
        "claim",
        [
            "وزير الصحة ووزير التعليم في الرباط",
            "مصر والسودان وقعا اتفاقا",
            "داعش محاصر في أقل من واحد في المئة من مساحة خلافته",
            "بين الخارجين من المدينة ثلاثة آلاف وأربعمئة عنصر من التنظيم",
            "زار المدينة القديمة أمس صباحا وزير الصحة في الحكومة الجديدة",
            "بلغت الكلفة 1,500 دولار",
            "",
        ],
    )
    def test_a_list_is_not_cut(self, claim: str) -> None:
        assert clauses(claim).free == ()

    @pytest.mark.parametrize(
        "claim",
        [
            "نفى الوزير إغلاق المدارس الحكومية وإلغاء الامتحانات النهائية هذا العام",
            "لا صحة لخبر وفاة الرئيس السابق واستقالة الحكومة كلها أمس",
            "لو أغلقت الحكومة المدارس كلها وألغت الامتحانات النهائية هذا العام",
            "It is not true that the army closed the port and opened the old bridge",
        ],
    )
    def test_what_a_denial_may_govern_is_no_clause(self, claim: str) -> None:
        assert len(clauses(claim).free) <= 1


@pytest.mark.parametrize(
    "claim",
    ["Youth unemployment is 19%", "البطالة بين الشباب ١٩ في المئة", "Le chômage est à 19 %"],
)
def test_what_gives_a_number_is_no_small_talk(claim: str) -> None:
    assert read_message(claim).claims == (claim,)

"""One name in two scripts matches; different names do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement.transliteration import transliterates

# The prices were set on the first list and measured on the second.
SET_ON = """
ghika كيكا|baghouz الباغوز|deir دير|ezzor الزور|afrin عفرين|adnan عدنان|christopher كريستوفر
taliban طالبان|trump ترامب|macron ماكرون|merkel ميركل|putin بوتين|erdogan اردوغان
netanyahu نتنياهو|obama اوباما|clinton كلينتون|biden بايدن|zelensky زيلينسكي
khashoggi خاشقجي|assad الاسد|saddam صدام|hussein حسين|mohammed محمد|ahmed احمد|mahmoud محمود
abbas عباس|haniyeh هنيه|sinwar السنوار|nasrallah نصرالله|baghdadi البغدادي|zawahiri الظواهري
mosul الموصل|raqqa الرقه|homs حمص|idlib ادلب|kobani كوباني|tikrit تكريت|fallujah الفلوجه
sanaa صنعاء|aden عدن|hodeidah الحديده|benghazi بنغازي|khartoum الخرطوم|darfur دارفور
riyadh الرياض|jeddah جده|dubai دبي|doha الدوحه|beirut بيروت|kabul كابول|tehran طهران
baghdad بغداد|london لندن|paris باريس|berlin برلين|kiev كييف|tokyo طوكيو|messi ميسي
ronaldo رونالدو|salah صلاح|hamas حماس|houthi الحوثي|pfizer فايزر|moderna موديرنا
boeing بوينغ|samsung سامسونغ|johnson جونسون|blinken بلينكن|guterres غوتيريش
stoltenberg ستولتنبرغ|rouhani روحاني|khamenei خامنيي|sisi السيسي|haftar حفتر|hadi هادي
rafah رفح|jenin جنين|nablus نابلس|sudan السودان|mariupol ماريوبول|bakhmut باخموت
kharkiv خاركيف|stockholm ستوكهولم
"""
HELD_OUT = """
scholz شولتس|sunak سوناك|meloni ميلوني|sanchez سانشيز|sharon شارون|rabin رابين
gallant غالانت|bashar بشار|nouri نوري|maliki المالكي|allawi علاوي|barzani بارزاني
talabani طالباني|mansour منصور|saleh صالح|soleimani سليماني|raisi رييسي
ahmadinejad احمدينجاد|zarif ظريف|mattis ماتيس|pompeo بومبيو|tillerson تيلرسون|kushner كوشنر
pence بنس|harris هاريس|fauci فاوتشي|lavrov لافروف|medvedev ميدفيديف|zuckerberg زوكربيرغ
musk ماسك|gates غيتس|ramadi الرمادي|kirkuk كركوك|erbil اربيل|basra البصره|najaf النجف
hasakah الحسكه|manbij منبج|palmyra بالميرا|misrata مصراته|sirte سرت|taiz تعز|marib مارب
ramallah رامالله|hebron حبرون|ghouta الغوطه|daraa درعا|latakia اللاذقيه|quneitra القنيطره
kandahar قندهار|islamabad اسلاماباد|mumbai مومباي|istanbul اسطنبول|ankara انقره
brussels بروكسل|madrid مدريد|chicago شيكاغو|texas تكساس|florida فلوريدا|boston بوسطن
qaddafi القذافي|mubarak مبارك|morsi مرسي|hariri الحريري|aoun عون|mikati ميقاتي
bouteflika بوتفليقه|tebboune تبون|essebsi السبسي|burhan البرهان
"""


def _pairs(text: str) -> list[tuple[str, str]]:
    listed = (pair.split() for pair in text.replace("\n", "|").split("|") if pair)
    return [(latin, arabic) for latin, arabic in listed]


@pytest.mark.parametrize(("text", "least"), [(SET_ON, 0.95), (HELD_OUT, 0.85)])
def test_names_are_found_in_the_other_script(text: str, least: float) -> None:
    pairs = _pairs(text)
    missed = [pair for pair in pairs if not transliterates(*pair)]
    assert 1 - len(missed) / len(pairs) >= least, missed


def test_different_names_never_match() -> None:
    pairs = _pairs(SET_ON + HELD_OUT)
    false = [
        (latin, arabic)
        for latin, own in pairs
        for _, arabic in pairs
        if arabic != own and transliterates(latin, arabic)
    ]
    assert len(false) <= len(pairs) ** 2 // 1000, false


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("salah", "سلاح"),  # a weapon
        ("mahmoud", "محمد"), ("mohammed", "محمود"), ("baghdad", "البغدادي"),
        ("deir", "دار"), ("homs", "حماس"), ("blood", "البلاد"), ("talabani", "طالبان"),
        ("a", "ا"), ("", ""), ("37", "37"), ("و", "w"), ("ali", "علي"),
    ],
)  # fmt: skip
def test_look_alikes_and_too_short_names_do_not_match(latin: str, arabic: str) -> None:
    assert not transliterates(latin, arabic)


@given(
    st.text(alphabet="abcdeghiklmnorstuwyz'é", max_size=40),
    st.text(alphabet="ابتجحخدرزسشصطعغفقكلمنهويء", max_size=40),
)
def test_any_two_words_have_an_answer(latin: str, arabic: str) -> None:
    assert transliterates(latin, arabic) in {True, False}

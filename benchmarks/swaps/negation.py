"""A sentence denied, or its denial taken away, with the verb in the mood its negator asks for."""

import random
import re
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.swaps.entities import Exchange
from benchmarks.swaps.lexicon import Word, key, lines, words

#: Begins that ask or command: their negation says nothing definite.
_ASKING = frozenset(
    key("هل كيف لماذا متى أين ما ماذا من كم أي how why what when where who").split()
)
#: تـ forms that are also nouns (تقدم, progress).
_NOUNS = frozenset(
    key(
        "تقدم تدخل تراجع توافق توقع توقف تأهل تصدر تسلم تشكل توجه تعين تفوق تجاوز تحول تعرف ترصد"
        " تنظم تضم تحمي توزع تواصل توج تمثل تعد تعود تجري تشهد تفتح تنقل تحقق"
    ).split()
) - frozenset(key("تواصل تعود تشهد تفتح تنقل تحقق تجري تضم تنظم").split())
_BLOCKED_BEFORE = frozenset(
    key(
        "لا لم لن ليس ليست ما قد أن كي حتى لكي ألا لئلا غير كما الذي التي إذا لو عندما بعدما"
    ).split()
)
_STILL = frozenset(key("يزال تزال يزالون بد شك بأس سيما يقل تقل يزيد تزيد يتجاوز تتجاوز").split())
#: "Not only", "not all".
_NOT_DENIED = frozenset({"فقط", "كل", "كما", "الا", "جميع"})
_TRANSITIVE = frozenset(
    key(
        "ضبط إطلاق افتتاح توقيع القبض تدشين إغلاق اعتماد إنقاذ إحباط تأجيل تعيين تكريم إنشاء نقل"
        " تنفيذ الإفراج العثور تحرير اعتقال إيقاف الكشف اكتشاف توزيع ترقية إلغاء تسجيل صرف إعدام"
        " اغتيال انتخاب اختيار تشكيل تمديد إعادة طرح إصدار إعلان الإعلان الموافقة تسليم"
    ).split()
)
_EVENTS = frozenset(
    key(
        "وفاة مقتل إصابة استشهاد مصرع وصول انطلاق سقوط انفجار اندلاع غرق انهيار ارتفاع انخفاض تراجع"
        " استقالة هبوط هجوم زيادة فوز خسارة نجاح فشل انسحاب عودة رحيل تحطم اختتام اختفاء اختطاف"
        " اشتباكات مغادرة ظهور نفوق إغلاق إطلاق ضبط إيقاف اعتقال القبض احتجاز افتتاح توقيع إلغاء"
    ).split()
)
_AUX = {
    "is", "are", "was", "were", "has", "have", "had", "will", "would", "can", "could", "should",
    "must", "does", "did", "do",
}  # fmt: skip


def _arabic_verbs() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return present forms; past to jussive; and jussive to past, feminine forms included."""
    present: dict[str, str] = {}
    jussive: dict[str, str] = {}
    for line in lines("verbs.tsv"):
        past, now, short = line.split("\t")
        if past.isascii() and past != "-":
            continue
        if now != "-":
            feminine = "ت" + now[1:]
            present[key(now)] = now
            if key(feminine) not in _NOUNS:
                present[key(feminine)] = feminine
        if past != "-":
            jussive[key(past)] = short
            if not short.startswith("ت"):
                stem = past[:-1] if past[-1] in "ىا" else past
                jussive[key(stem + "ت")] = "ت" + short[1:]
    back: dict[str, str] = {}
    for past, short in jussive.items():
        back.setdefault(key(short), past)
    return present, jussive, back


_PRESENT, _JUSSIVE, _PAST_OF = _arabic_verbs()
_ENGLISH = {
    form: base
    for base, third, past in (
        x.split("\t") for x in lines("verbs.tsv") if x.split("\t")[0].isascii() and x[0] != "-"
    )
    for form in (third, past)
    if form != "-"
}
_ENGLISH_PAST = {
    x.split("\t")[2] for x in lines("verbs.tsv") if x.split("\t")[0].isascii() and x[0] != "-"
}


def negation(text: str, rng: random.Random) -> Exchange | None:
    """Return where a sentence is denied, or its denial taken back; None for questions."""
    found = words(text)
    if len(found) < 3 or "?" in text or "؟" in text or found[0].key.lower() in _ASKING:
        return None
    options = [*_removals(text, found), *_arabic(text, found, rng), *_english(text, found)]
    if not options:
        return None
    return options[0] if rng.random() < 0.7 else rng.choice(options)


def _adjacent(text: str, one: Word, other: Word) -> bool:
    return text[one.end : other.start].strip(" \u00a0") == ""


def _removals(text: str, found: tuple[Word, ...]) -> Iterator[Exchange]:
    for word, following in pairwise(found):
        if not _adjacent(text, word, following):
            continue
        verb = text[following.start : following.end]
        span = word.start, following.end
        prefix = "و" if word.key.startswith("و") else ""
        negator = word.key.removeprefix("و")
        five = following.key.endswith("وا")
        if negator == "لن" and following.key[:1] in "يتن" and not five:
            yield Exchange(*span, f"{prefix}س{verb}")
        elif negator == "لا" and following.key in _PRESENT and following.key not in _STILL:
            yield Exchange(*span, prefix + verb)
        elif negator == "لم" and following.key in _PAST_OF:
            yield Exchange(*span, prefix + _PAST_OF[following.key])
        elif (negator in ("ليس", "ليست") and following.key not in _NOT_DENIED) or (
            negator == "غير" and following.key[-1:] in "ةيند" and following.key[:2] != "ان"
        ):
            yield Exchange(*span, prefix + verb)
        elif word.key == "عدم":
            yield Exchange(*span, verb)
        elif word.key == "لعدم":
            yield Exchange(*span, "ل" + verb)
        elif word.key.lower() in _AUX and following.key == "not":
            yield Exchange(*span, text[word.start : word.end])


def _arabic(text: str, found: tuple[Word, ...], rng: random.Random) -> Iterator[Exchange]:
    for index, word in enumerate(found):
        before = found[index - 1].key if index else ""
        linked = index > 0 and _adjacent(text, found[index - 1], word)
        if linked and before.removeprefix("و") in _BLOCKED_BEFORE:
            continue
        written = text[word.start : word.end]
        if word.key in _PRESENT:
            negator = rng.choice(("لا", "لن")) if word.key not in ("يمكن", "يجب") else "لا"
            yield Exchange(word.start, word.end, f"{negator} {written}")
        elif word.key[:1] == "س" and word.key[1:] in _PRESENT:
            yield Exchange(word.start, word.end, f"لن {written[1:]}")
        elif word.key in _JUSSIVE:
            yield Exchange(word.start, word.end, f"لم {_JUSSIVE[word.key]}")
        elif index == 0 or (not linked and index < 8):
            yield from _verbal_noun(word, written, rng)
        if word.key in ("هناك", "لدينا", "لديه") and not linked:
            yield Exchange(word.start, word.end, f"ليس {written}")


def _verbal_noun(word: Word, written: str, rng: random.Random) -> Iterator[Exchange]:
    """The headline that opens with what happened: denied as headlines deny."""
    if word.key in _TRANSITIVE:
        # A feminine noun takes a feminine verb.
        done = "لم تتم" if written.endswith("ة") else "لم يتم"
        yield Exchange(word.start, word.end, f"{done} {written}")
    if word.key in _EVENTS:
        said = f"لل{written[2:]}" if written.startswith("ال") else f"ل{written}"
        yield Exchange(word.start, word.end, rng.choice((f"لا صحة {said}", f"عدم {written}")))


def _english(text: str, found: tuple[Word, ...]) -> Iterator[Exchange]:
    for index, word in enumerate(found):
        if not word.key.isascii() or index == 0:
            continue
        following = found[index + 1].key.lower() if index + 1 < len(found) else ""
        before = found[index - 1].key.lower()
        if (
            before in _AUX
            or following in ("only", "just", "also", "barely", "never")
            or before in ("be", "been", "being", "not", "to", "who", "that", "which")
        ):
            continue
        if word.key in _AUX and following != "not" and before not in ("if", "what", "how"):
            if word.key in ("has", "have", "had", "do", "does", "did") and not re.search(
                r"(?:ed|en|wn|one|ade|eft|ost|on|ent|ought|een|ot)$", following
            ):
                continue
            yield Exchange(word.start, word.end, f"{text[word.start : word.end]} not")
        elif word.key in _ENGLISH and following not in ("by", ""):
            did = "did" if word.key in _ENGLISH_PAST else "does"
            yield Exchange(word.start, word.end, f"{did} not {_ENGLISH[word.key]}")

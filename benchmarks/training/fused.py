"""Copies of a statement that deny it in a dialect, the negation fused to the verb or beside it.

People deny a headline by copying it and negating its verb: ماافتتح, مفتتحش, ماراحوش, مو صحيح... The
forms are made from verbs that stand where Arabic headlines have them; which word is a verb is seen
from its form alone, so that some of what is made is clumsy: a cross-encoder must see the negation
all the same. As many copies hold the same letters and deny nothing.
"""

import random
import re
from collections.abc import Sequence
from typing import Final

from benchmarks.training.pairs import REFUTES, SUPPORTS, LabelledPair

#: A verb of the past that opens a sentence: feminine, or of the common forms.
_PAST: Final = re.compile(r"[ء-ي]{3,7}ت|[اأإ][ء-ي]{3,5}|[ء-ي]{3,4}")
#: A verb of the present after a noun.
_PRESENT: Final = re.compile(r"[يت][ء-ي]{3,6}")
_NO_VERBS: Final = frozenset(
    "لم لا لن ما ليس ليست بعد قبل منذ خلال في من على عن إلى الى مع عند بين كل صورة فيديو"
    " شركة بلدية وفاة مقتل مصر قطر عمان لبنان العراق تونس ليبيا سوريا اليمن فلسطين دولة هذا"
    " هذه تلك ذلك أكثر نحو غير أن إن كان كانت تحت فوق ضد حول رغم عدد نصف ثلث ربع أول ثاني"
    " أحد إحدى جميع بعض عاد".split()
)
_LETTERS: Final = re.compile("[ء-ي]+")
_DENIES: Final = re.compile(
    r"\b(?:و?لم|و?لن|و?لا|و?ما|و?ليس|و?ليست|نفى|نفت|ينفي|تنفي|غير|دون|لكن)\b"
)
#: How the past is denied; {v} is the verb, {s} the verb without a first alif.
_OF_THE_PAST: Final = (
    "ما{v}", "ما {v}", "ما{s}ش", "م{s}ش", "ما {v}ش", "ما{v}وش", "ما{s}", "مـا {v}", "ما{s}شي",
    "م{v}ش", "ما حصلش إن {v}", "مش صحيح {v}", "مو صحيح {v}", "مهوب صحيح {v}", "ما صار {v}",
)  # fmt: skip
_OF_THE_PRESENT: Final = (
    "ما{v}ش", "ما {v}ش", "م{v}ش", "ما {v}", "ما{v}", "ما ب{v}", "مابـ{v}", "ما ب{v}ش", "مو {v}",
    "مش {v}", "مب {v}", "ماراح {v}", "مش ه{v}", "ماغا{v}ش", "ما كي{v}ش",
)  # fmt: skip
#: The same letters, and nothing is denied.
_HARMLESS: Final = (
    "أول ما {v}", "من ساعة ما {v}", "زي ما {v}", "مثل ما {v}", "ما شاء الله {v}", "بعد ما {v}",
    "مش بس كدا، {v}", "مو بس هيك، {v}", "ماشي، {v}", "متل ما قالوا {v}", "كيما قالوا {v}",
)  # fmt: skip
#: Where the sentence offers no verb, and elsewhere now and then.
_WHOLE: Final = (
    "مش صحيح إن {t}", "مو صحيح {t}", "ماكو هيج شي: {t}", "مافي هالحكي: {t}", "محصلش: {t}",
    "ماصار: {t}", "{t}.. والو ما كاين منها", "{t} ماكاينش منها", "{t} ما منه", "كذب: {t}",
    "{t} - كلام مش مظبوط", "ماشي صحيح بلي {t}", "{t}، هالحكي مو صحيح", "مهوش صحيح: {t}",
)  # fmt: skip


def fused(count: int, texts: Sequence[str], rng: random.Random) -> list[LabelledPair]:
    """Return ``count`` pairs of a denial, or of what only looks like one, and one of ``texts``."""
    found: list[LabelledPair] = []
    for text in rng.sample(list(texts), len(texts)):
        if len(found) >= count:
            break
        pair = _pair(text, rng)
        if pair is not None:
            found.append(pair)
    return found


def _pair(text: str, rng: random.Random) -> LabelledPair | None:
    words = text.split()
    # What denies a denial is no clear denial.
    if not 4 <= len(words) <= 40 or _DENIES.search(text) or not _LETTERS.fullmatch(words[0]):
        return None
    place, past = _verb(words)
    if place is None:
        if rng.random() < 0.7 or words[0] in _NO_VERBS:
            return None
        return LabelledPair(rng.choice(_WHOLE).format(t=text), text, REFUTES, True, "", False)
    verb = words[place]
    chance = rng.random()
    if chance < 0.25:
        form, relation = rng.choice(_HARMLESS), SUPPORTS
    elif chance < 0.33:
        return LabelledPair(rng.choice(_WHOLE).format(t=text), text, REFUTES, True, "", False)
    else:
        form, relation = rng.choice(_OF_THE_PAST if past else _OF_THE_PRESENT), REFUTES
    short = verb[1:] if verb[0] in "اأإ" and len(verb) > 3 else verb
    told = form.format(v=verb, s=short)
    changed = " ".join([*words[:place], told, *words[place + 1 :]])
    return LabelledPair(changed, text, relation, True, "", relation is SUPPORTS)


def _verb(words: Sequence[str]) -> tuple[int | None, bool]:
    """Return where a verb stands, and whether it tells of the past."""
    first = words[0]
    if first in _NO_VERBS:
        return None, True
    if first.startswith("ال"):
        for place in (1, 2, 3):
            if place < len(words) and _PRESENT.fullmatch(words[place]):
                return place, False
        return None, True
    follows = words[1]
    opens = follows.startswith("ال") or first.endswith("ت")
    if opens and _PAST.fullmatch(first) and not first.startswith(("ب", "ل", "ك", "م")):
        return 0, True
    if _PRESENT.fullmatch(first) and follows.startswith("ال"):
        return 0, False
    return None, True

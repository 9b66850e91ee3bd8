"""Find the words of denial in a sentence, and those by which it reports, doubts or supposes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from embeddings.text.normalisation import fold
from knowledge.agreement.tokens import Kind, Token


class Stance(StrEnum):
    """What an operator does to what it governs."""

    DENIES_NEXT = "denies_next"  # the predicate that follows: "did not leave"
    DENIES_REST = "denies_rest"  # the whole clause that follows: "it is not true that"
    SUSPENDS = "suspends"  # neither said nor denied: "allegedly", "if", "plans to"
    NEUTRAL = "neutral"  # holds a negator and denies nothing: "still", "nothing but"


DENYING: Final = frozenset({Stance.DENIES_NEXT, Stance.DENIES_REST})


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator at token ``index``, with the words of it as written in ``start``..``end``."""

    stance: Stance
    index: int
    last: int
    start: int
    end: int


def _forms(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(fold(phrase).split()) for phrase in text.split(","))


# "still", "at least", "no doubt" and their like hold a negator and deny nothing; bounds of
# quantities ("no more than") are read by ``number_bounds``.
_NOT_NEGATIONS: Final = _forms(
    "لا يزال,لا تزال,لا يزالون,لا زال,لا زالت,ما زال,ما زالت,ما زالوا,ما يزال,ما تزال,مازال"
    ",مازالت,لا سيما,ولا سيما,لا شك,لا بد,لا بأس,لا يقل عن,لا تقل عن,لا يزيد عن,لا تزيد عن"
    ",لا يزيد على,لا تزيد على,لا يتجاوز,لا تتجاوز,ما لا يقل عن,ما لا يزيد عن,ليس فقط,لا فقط"
    ",غير أن,غير أنه,غير أنها,غير أنهم,غير أننا,غير أنني,لم يزل,دون سن,من دون سن"
    ",إلا أن,إلا أنه,إلا أنها,إلا أنهم"
    # These only stress a denial that another word makes.
    ",أبدا,مطلقا,at all,du tout"
    ",not only,no doubt,no more than,no less than,no fewer than,not less than,not more than"
    ",ne plus,no longer than"
)
_DENY_REST: Final = _forms(
    "لا صحة,ليس صحيحا,ليس صحيح,ليست صحيحة,غير صحيح,غير صحيحة,ليس من الصحيح,لم يصح,مش صحيح"
    ",مو صحيح,not true,not correct,not the case,untrue,false that,is false,it is false,no truth"
    ",isn ' t true,wasn ' t true,isn ' t correct,faux que,pas vrai"
)
_DENY_NEXT: Final = _forms(
    "غير,لا,لم,لن,ليس,ليست,ليسوا,لسنا,لست,لا أحد,مش,مو,ما عاد,لما,ولا"
    ",كلا,not,no,never,none,nobody,no one,nothing,neither,nor,cannot,can't"
    ",cant,don't,dont,doesn't,doesnt,didn't,didnt,isn't,isnt,aren't,arent,wasn't,wasnt"
    ",weren't,werent,won't,wont,wouldn't,hasn't,hasnt,haven't,havent,hadn't,hardly,fails to"
    ",failed to,ne,pas,aucun,aucune,jamais,non"
)
_SUSPEND: Final = _forms(
    # A lack ("without clubs") is no denial that the thing is elsewhere.
    "عدم,بدون,دون,من دون,بلا,without,sans,"
    # Somebody's denial settles nothing: the source reports it, it does not make it its own.
    "نفى,نفت,نفوا,ينفي,تنفي,ينفون,نفي,أنكر,أنكرت,ينكر,تنكر,كذب,كذبت,denied,denies,deny,denying"
    ",dément,a démenti,nie,يستعد,تستعد,استعدادا,prepares to,preparing to"
    ",no evidence,no proof,without evidence,لا دليل,لا يوجد دليل,لا أدلة,لا توجد أدلة,nearly,almost"
    ",stop,wants to,want to,promised,promises,ordered,orders,demanded,demands,urged,urges,doubts"
    ",doubt,unlikely,about to,ready to,accused,accuses,suspected,يشكك,شكك,وعد,وعدت,أمر,أمرت,يريد"
    ",تريد,اتهم,اتهمت,يتهم,تتهم,توقف عن,توقفت عن,لم يقل,لم تقل,لم يعلن,لم تعلن,لم يؤكد,لم تؤكد"
    ",did not say,must,should,shall,ought to,يجب,ينبغي,يتعين"
    ",خبر كاذب,خبر زائف,شائعة,إشاعة,كذبة,أكذوبة,fake,hoax"
    ",زعم,زعمت,يزعم,تزعم,زعموا,يزعمون,مزاعم,ادعى,ادعت,يدعي,تدعي,ادعاء,ادعاءات,ربما,لعل,يمكن"
    ",قد يكون,يحتمل,من المحتمل,من المتوقع,يتوقع,توقع,توقعت,متوقع,يعتزم,تعتزم,يخطط,تخطط,لو,إذا"
    ",إن كان,هدد,هددت,يهدد,تهدد,دعا,دعت,يدعو,تدعو,طالب,طالبت,يطالب,تطالب,حذر,حذرت,يحذر,تحذر"
    ",يشاع,أشيع,تردد أن"
    ",خشية,لمنع,منع,تمنع,يمنع,كاد,كادت,يكاد,تكاد,احتمال,إشاعات,شائعات,حاول,حاولت,يحاول,تحاول"
    ",رفض,رفضت,يرفض,ترفض,رفضوا,يرفضون,فشل,فشلت,يفشل,تفشل,فشلوا,غاب,غابت,يغيب,تغيب,يغيبان,غياب"
    ",براءة,تبرئة,برأ,برأت,تأجيل,أجل,أجلت,يؤجل,تؤجل,إلغاء,ألغى,ألغت,يلغي,تلغي,امتنع,امتنعت,استبعد"
    ",استبعدت,يستبعد,تستبعد,تراجع عن,تراجعت عن,تخلى عن,تخلت عن,نجا من,نجت من,تفادى,تجنب,كاد أن"
    ",refuses,refused,refuse,rejects,rejected,reject,fails,failed,fail,cancelled,canceled,cancels"
    ",postponed,postpones,acquitted,cleared of,absent,avoids,avoided,survives,survived,ruled out"
    ",rules out,declined to,declines to,stops,stopped,refusal,failure to"
    ",محاولة,سوف,if,may,might,could,would,alleged,allegedly,claims,claimed,reportedly,rumour"
    ",rumor,rumours,rumors,plans to,plan to,intends to,threatened,threatens,expected to"
    ",called for,calls for,warned,warns,unless,prevent,prevents,prevented,attempt,attempted"
    ",tried to,tries to,trying to,unconfirmed,si,pourrait,aurait,prétend,selon des rumeurs"
)
_LONGEST: Final = 4

# "ما" opening a sentence denies ("ما خرج أحد") or asks ("ما قصة …"); elsewhere it is mostly "what".
_MA: Final = "ما"
_NOT_MA: Final = [["ما", word] for word in ("زال", "زالت", "زالوا", "يزال", "تزال", "هو", "هي")]
# "قد" before a present-tense verb is "may", before a past one it only stresses.
_QAD: Final = frozenset({"قد", "وقد", "فقد"})

# Dialects' present tense, which "ما" denies wherever it stands: ما بيزرع، ما بتصير.
_DIALECT: Final = frozenset({"بي", "بت", "بن"})
# The other half of a denial in the dialects of Egypt and the Maghreb: ما فازش، ما اعتقلتش.
_DIALECT_END: Final = "ش"
# An opening that asks makes nothing after it said: "Isn't it true", "Did nobody leave", "ألم يخرج".
_ASKING: Final = frozenset(
    "is are was were am do does did has have had can could will would should isn aren wasn weren"
    " don doesn didn hasn haven hadn won wouldn couldn shouldn".split()
)
_ASKING_FRENCH: Final = [["n", "'"], ["ne"]]
_ASKING_LETTER: Final = "ا"
# "Nothing but", "لم … إلا", "ما … غير": the exception says what the negator seems to deny.
_EXCEPTABLE: Final = frozenset(fold("لا لم لن ليس ليست ما").split()) | {"nothing"}
_EXCEPTIONS: Final = frozenset(fold("إلا الا سوى غير").split()) | {"except", "but"}
_EXCEPTION_REACH: Final = 8

# One-letter conjunctions and question letters written onto an operator: ولم، فلن، أليس، وليس.
_CLITICS: Final = ("و", "ف", _ASKING_LETTER)

# What joins a second denial to the first instead of putting it under the first.
_JOINING: Final = frozenset(fold("و أو and or nor but et ou ni mais").split())
_JOINED: Final = ("و", "ف")
# French denies in two words, "ne … pas"; the second is the one that counts.
_HALF: Final = "ne"
_SENTENCE_MARKS: Final = frozenset(".;!?؟")
_CLAUSE_MARKS: Final = _SENTENCE_MARKS | frozenset(",:()")


def find_operators(tokens: Sequence[Token]) -> tuple[Operator, ...]:
    """Return the operators among ``tokens``, in order; the longest wording wins at each place."""
    words = [_plain(t) for t in tokens]
    found: list[Operator] = []
    index = 0
    while index < len(tokens):
        length, stance = _at(words, index)
        if stance is not None:
            last = index + length - 1
            found.append(Operator(stance, index, last, tokens[index].start, tokens[last].end))
        index += max(length, 1)
    return tuple(found)


def find_denials(words: Sequence[str], acting: Sequence[Operator]) -> tuple[Operator, ...]:
    """Return the denials among the operators of a text, each once.

    ``words`` are as for ``is_denial_unclear``.

    One that is joined to another counts with it ("neither … nor"), as does half of one ("ne …
    pas"). Two that are left deny each other: "it is not true that nobody left".
    """
    found: list[Operator] = []
    for each in acting:
        counts = each.stance in DENYING and words[each.index] != _HALF
        if counts and not (found and _joins(words, each.index)):
            found.append(each)
    return tuple(found)


def has_negator(tokens: Sequence[Token]) -> bool:
    """Return whether any of ``tokens``, which need not be a sentence, is a word that denies."""
    words = [_plain(t) for t in tokens]
    return any(_listed(words, place)[1] in DENYING for place in range(len(words)))


def denies_unreadably(acting: Sequence[Operator]) -> bool:
    """Return whether a text with these operators denies a denial ("not true that nobody left").

    Neither rules nor the cross-encoder know what that leaves.
    """
    stances = [each.stance for each in acting if each.stance in DENYING]
    return Stance.DENIES_REST in stances[:-1]


def is_denial_unclear(words: Sequence[str], acting: Sequence[Operator]) -> bool:
    """Return whether rules cannot tell which of a text's words are denied.

    A denial under a denial ("it is not true that nobody left", "no one did not"), and a denial or
    doubt of what precedes it ("that he left is a lie"). ``words`` are the folded tokens in which
    ``acting`` was found.
    """
    before: Operator | None = None
    whole = False  # a whole clause of the sentence is denied already
    for place, operator in enumerate(acting):
        if operator.stance is Stance.NEUTRAL:
            continue
        if before and _breaks(words, before, operator, _SENTENCE_MARKS):
            before, whole = None, False
        denies_whole = operator.stance is Stance.DENIES_REST
        if before and (whole or denies_whole or _under(words, before, operator)):
            return True
        end = acting[place + 1].index if place + 1 < len(acting) else len(words)
        if _governs_nothing(words, operator, end):
            return True
        before, whole = operator, whole or denies_whole
    return False


def denies_whole_clause(acting: Sequence[Operator]) -> bool:
    """Return whether a whole clause is denied, so that any part of it may be wrong."""
    return any(operator.stance is Stance.DENIES_REST for operator in acting)


def _under(words: Sequence[str], first: Operator, second: Operator) -> bool:
    """Return whether the second of two denials is under the first, and not beside it."""
    if Stance.SUSPENDS in (first.stance, second.stance) or words[first.index] == _HALF:
        return False
    return not _joins(words, second.index) and not _breaks(words, first, second, _CLAUSE_MARKS)


def _joins(words: Sequence[str], index: int) -> bool:
    """Return whether the denial at ``index`` is beside the one before, not under it."""
    word = words[index]
    return (
        word.startswith(_JOINED) or word in _JOINING or (index > 0 and words[index - 1] in _JOINING)
    )


def _breaks(words: Sequence[str], first: Operator, second: Operator, marks: frozenset[str]) -> bool:
    return any(word in marks for word in words[first.last + 1 : second.index])


def _governs_nothing(words: Sequence[str], operator: Operator, end: int) -> bool:
    """Return whether no word of the sentence follows an operator."""
    for word in words[operator.last + 1 : end]:
        if word in _SENTENCE_MARKS:
            return True
        if word.isalnum():
            return False
    return end == len(words)


def _plain(token: Token) -> str:
    return fold(token.text) if token.kind is Kind.WORD else token.text


def _excepted(words: Sequence[str], index: int) -> bool:
    """Return whether an exception reverses the negator at ``index``: "has nothing but"."""
    if not any(form in _EXCEPTABLE for form in _readings(words[index])):
        return False
    return any(word in _EXCEPTIONS for word in words[index + 1 : index + 1 + _EXCEPTION_REACH])


def _at(words: Sequence[str], index: int) -> tuple[int, Stance | None]:
    length, stance = _listed(words, index)
    asked = stance in DENYING and _asks(words, index)
    return length, Stance.SUSPENDS if asked else stance


def _asks(words: Sequence[str], index: int) -> bool:
    """Return whether the negator at ``index`` belongs to a question, which denies nothing."""
    first = next((place for place, word in enumerate(words) if word.isalnum()), 0)
    opening = list(words[first : first + 2])
    asking = opening[0] in _ASKING or opening in _ASKING_FRENCH or opening[:1] in _ASKING_FRENCH
    return asking or words[index].startswith(_ASKING_LETTER)


def _listed(words: Sequence[str], index: int) -> tuple[int, Stance | None]:
    if _denies_rest(words, index) is None:
        if _excepted(words, index):
            return 1, Stance.NEUTRAL
        before = (place for place in range(index) if words[place] in _EXCEPTABLE)
        if words[index] in _EXCEPTIONS and any(_denies_rest(words, n) is None for n in before):
            return 1, Stance.NEUTRAL
    if words[index] == _MA and any(map(_is_dialect, words[index + 1 : index + 2])):
        return 1, Stance.DENIES_NEXT
    if index == 0 and words[0] == _MA and words[:2] not in _NOT_MA:
        return 1, Stance.SUSPENDS
    if words[index] in _QAD and words[index + 1 : index + 2] and words[index + 1][0] in "يت":
        return 1, Stance.SUSPENDS
    for length in range(min(_LONGEST, len(words) - index), 0, -1):
        for first in _readings(words[index]):
            phrase = (first, *words[index + 1 : index + length])
            if phrase in _NOT_NEGATIONS:
                return length, Stance.NEUTRAL
            for forms, stance in (
                (_DENY_REST, Stance.DENIES_REST),
                (_DENY_NEXT, Stance.DENIES_NEXT),
                (_SUSPEND, Stance.SUSPENDS),
            ):
                if phrase in forms:
                    return length, stance
    if words[index + 1 : index + 3] == ["'", "t"]:  # "don't", as the tokens of this package have it
        return 3, Stance.DENIES_NEXT
    return 0, None


def _denies_rest(words: Sequence[str], index: int) -> int | None:
    """Return how many words at ``index`` deny all that follows; None if none do."""
    for length in range(min(_LONGEST, len(words) - index), 0, -1):
        for first in _readings(words[index]):
            if (first, *words[index + 1 : index + length]) in _DENY_REST:
                return length
    return None


def _is_dialect(word: str) -> bool:
    return word[:2] in _DIALECT or (word.endswith(_DIALECT_END) and len(word) > len("ماش"))


def _readings(word: str) -> tuple[str, ...]:
    bare = word[1:] if len(word) > 2 and word.startswith(_CLITICS) else None
    return (word,) if bare is None else (word, bare)

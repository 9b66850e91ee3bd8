"""A fact-checker's own wording of its verdict -> a ``Rating``, or None where that is not certain.

Fact-checkers write a label ("زائف", "Half True"), a label and an explanation ("False. There
is ..."), or whole paragraphs that come to a verdict ("... ووجد أنه مضلل إذ أن ..."). All three
are read, but only a plain label may say that a claim is true: an explanation that begins with
"true" often goes on with "but", and a wrong "supported" is the worst answer there is.

Labels follow the published scales: Meta's content ratings for fact-checkers (False, Altered,
Partly False, Missing Context, Satire, True; "Altered" includes synthesised media), PolitiFact's
Truth-O-Meter, Snopes ("Mostly False: the primary elements of a claim are demonstrably false"),
The Washington Post's Pinocchios (one "mostly true", two "half true", three "mostly false", four
"whoppers"), FactCheck.org, Science Feedback, and the Arabic and French ones in common use.
"""

import math
import re
import unicodedata
from difflib import get_close_matches
from itertools import product

from embeddings.text.normalisation import fold, for_matching
from knowledge.domain import Rating, Relation

#: Longer texts are no ratings, and cost too much to read.
MAX_RATING_CHARACTERS = 20_000

#: Ratings that confirm a claim: never to be read into a text by mistake.
SUPPORTING_RATINGS = frozenset({Rating.TRUE, Rating.MOSTLY_TRUE})
#: Ratings that reject the claim that was reviewed.
REJECTING_RATINGS = frozenset({Rating.FALSE, Rating.SATIRE})

# How alike a misspelled label must be, and how much of a text could be one.
_ALIKE = 0.75
_LONGEST_LABEL = 60

# One label a ``|``; feminine forms are listed because fact-checkers rate a صورة or an affirmation.
_LABELS = {
    Rating.TRUE: (
        "true | completely true | entirely true | correct | accurate | correct attribution"
        "| geppetto checkmark | صحيح | صحيحة | صحيح تماما | vrai | vraie | exact | exacte"
        "| correcte"
    ),
    Rating.MOSTLY_TRUE: (
        "mostly true | mostly correct | mostly accurate | one pinocchio | 1 pinocchio"
        "| صحيح غالبا | صحيح في الغالب | صحيح في معظمه | صحيح إلى حد كبير"
        "| plutôt vrai | plutôt vraie | en grande partie vrai"
    ),
    Rating.MIXED: (
        "mixed | mixture | half true | partly true | partially true | partly correct"
        "| partially correct | partly false | partially false | two pinocchios | 2 pinocchios"
        "| نصف صحيح | نصف حقيقة | partiellement vrai | partiellement vraie | partiellement faux"
        "| partiellement fausse | partiellement correct | à moitié vrai | mi vrai mi faux"
    ),
    Rating.MISLEADING: (
        "misleading | missing context | lacks context | lacking context | out of context"
        "| taken out of context | miscaptioned | distorts the facts | spins the facts"
        "| cherry picks | مضلل | مضللة | تضليل | سياق ناقص | سياق مفقود | سياق مجتزأ"
        "| خارج السياق | خارج سياقه | خارج سياقها | مجتزأ | مجتزأة | مجتزأ من سياقه"
        "| يفتقر إلى السياق | trompeur | trompeuse | contexte manquant | manque de contexte"
        "| hors contexte | sorti de son contexte | hors de son contexte"
    ),
    Rating.FALSE: (
        "false | mostly false | mostly incorrect | fake | fake news | false news | incorrect"
        "| inaccurate | mostly inaccurate | untrue | not true | not correct | wrong | hoax | bogus"
        "| pants on fire | three pinocchios | 3 pinocchios | four pinocchios | 4 pinocchios"
        "| bottomless pinocchio | altered | altered photo | altered video | altered image"
        "| digitally altered | manipulated | doctored | fabricated | debunked | ai generated"
        "| كاذب | كاذبة | كذب | خطأ | خاطئ | خاطئة | زائف | زائفة | مزيف | مزيفة | تزييف"
        "| مفبرك | مفبركة | فبركة | مختلق | مختلقة | ملفق | ملفقة | معدل | معدلة | مركب | مركبة"
        "| متلاعب به | متلاعب بها | غير صحيح | غير صحيحة | غير حقيقي | غير حقيقية | غير دقيق"
        "| غير دقيقة | ليس صحيحا | ليست صحيحة | لا صحة له | لا صحة لها | لا أساس له من الصحة"
        "| لا أساس لها من الصحة | عار عن الصحة | عار من الصحة | وليدة ذكاء اصطناعي"
        "| وليد ذكاء اصطناعي | وليدة الذكاء الاصطناعي | وليد الذكاء الاصطناعي"
        "| مولد بالذكاء الاصطناعي | مولدة بالذكاء الاصطناعي"
        "| faux | fausse | plutôt faux | plutôt fausse | infox | intox | incorrecte | inexact"
        "| inexacte | truqué | truquée | manipulé | manipulée | photomontage"
        "| généré par ia | générée par ia"
    ),
    Rating.UNPROVEN: (
        "unproven | unverified | unsubstantiated | unsupported | unfounded | no evidence"
        "| not proven | lacks evidence | insufficient evidence | غير مثبت | غير مثبتة | غير مؤكد"
        "| غير مؤكدة | لم يثبت | لا دليل | لا دليل عليه | لا يوجد دليل | بلا دليل | non prouvé"
        "| non prouvée | non vérifié | non vérifiée | non confirmé | sans preuve | pas de preuve"
        "| aucune preuve | infondé | infondée"
    ),
    Rating.SATIRE: (
        "satire | satirical | sarcastic | sarcasm | parody | labeled satire | originated as satire"
        "| ساخر | ساخرة | سخرية | satirique | parodie | parodique"
    ),
}

_PARTLY_RATED = (
    "صحيح | صحيحة | غير صحيح | غير صحيحة | كاذب | كاذبة | خطأ | خاطئ | خاطئة | زائف | زائفة"
)
_PARTLY = "جزئيا | جزئي | جزئية | بشكل جزئي"

# Words that may precede a label without changing it. "A true video" says that the video is real,
# not that the claim about it is, so such things never make a label confirming.
_CLAIM_WORDS = (
    "خبر | الخبر | ادعاء | الادعاء | هذا الادعاء | هذا الخبر | claim | the claim is | this claim is"
    "| this is | it s | rating | our rating | verdict | our verdict | c est | l affirmation est"
    "| cette affirmation est"
)
_SHOWN_WORDS = (
    "محتوى | المحتوى | فيديو | الفيديو | مقطع | صورة | الصورة | منشور | المنشور | عنوان | تصريح"
    "| معلومة | photo | video | image | post | content | contenu | vidéo"
)

# A verdict inside prose: "<found> ... that it | that the claim <verdict>".
_THAT_IT = "انه | انها | بانه | بانها | الادعاء | الخبر"
_FOUND = "وجد | وجدنا | تبين | اتضح | ثبت | اظهر | اظهرت | قرر | قررنا | خلص | خلصنا | تصنيف | صنف"
_CLASSED = "تصنيف | صنف"
_NEGATORS = "لا | لم | لن | ليس | ليست | ما | غير | نفى | هل | إذا"
_WHOLLY = "بالكامل | تماما | كليا"
#: Words a finding may lie before its verdict ("أظهرت عملية التحقق في ... أن الادعاء مضلل").
_REACH = 8

_WORD = re.compile(r"[^\W_]+")
# What ends a label that an explanation follows. Not the question mark: it ends no verdict.
_AROUND = " \t\r\n\"'«»“”!*"
_LABEL_END = re.compile(r"[.:;!,()\[\]|\n؛،–—]|\s-\s")
_QUESTION = re.compile("[?؟]")


def _words(text: str) -> tuple[str, ...]:
    """Return ``text`` as folded words without marks, accents or punctuation."""
    decomposed = unicodedata.normalize("NFKD", fold(for_matching(text)))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return tuple(_WORD.findall(plain))


def _phrases(listed: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_words(phrase) for phrase in listed.split("|"))


def _singles(listed: str) -> frozenset[str]:
    return frozenset(word for phrase in _phrases(listed) for word in phrase)


def _table() -> dict[tuple[str, ...], Rating]:
    table = {phrase: rating for rating, listed in _LABELS.items() for phrase in _phrases(listed)}
    table |= {_words(rating.value): rating for rating in Rating}
    for rated, partly in product(_phrases(_PARTLY_RATED), _phrases(_PARTLY)):
        table[rated + partly] = table[partly + rated] = Rating.MIXED
    return table


_RATING_OF = _table()
_LONGEST = max(map(len, _RATING_OF))
#: As they are written: labels in the words of their languages.
_SPELLED = {
    " ".join(_words(label)): label.strip()
    for listed in _LABELS.values()
    for label in listed.split("|")
}
_CLAIM_PREFIXES = _phrases(_CLAIM_WORDS)
_SHOWN_PREFIXES = _phrases(_SHOWN_WORDS)
_LONGEST_PREFIX = max(map(len, _CLAIM_PREFIXES | _SHOWN_PREFIXES))
_THAT_IT_WORDS = _singles(_THAT_IT)
_FOUND_WORDS = _singles(_FOUND) | {"و" + word for word in _singles(_FOUND)}
_CLASSED_WORDS = _singles(_CLASSED)
_NEGATING = _singles(_NEGATORS)
_WHOLLY_WORDS = _singles(_WHOLLY)


def normalise_rating(text: str) -> Rating | None:
    """Return the rating that a fact-checker's wording ``text`` means, None if unsure.

    ``TRUE`` and ``MOSTLY_TRUE`` come only from a plain label, never out of an explanation.
    """
    if len(text) > MAX_RATING_CHARACTERS:
        return None
    label_end = _LABEL_END.search(text, pos=len(text) - len(text.lstrip(_AROUND)))
    head = text[: label_end.start()] if label_end else text
    if _QUESTION.search(head):
        return None
    label = _of_label(_words(text))
    if label is not None:
        return label
    explained = _of_label(_words(head)) or _of_prose(_words(text))
    return None if explained in SUPPORTING_RATINGS else explained


def closest_rating(text: str) -> str | None:
    """Return the label that a misspelled one is close to, None if none is."""
    written = " ".join(_words(text[:_LONGEST_LABEL]))
    found = get_close_matches(written, _SPELLED, 1, _ALIKE)
    return _SPELLED[found[0]] if found else None


def rating_on_scale(value: float, best: float = 5.0, worst: float = 1.0) -> Rating | None:
    """Return the rating of ``value`` on a scale from ``worst`` to ``best``.

    The five points are those of Google's ClaimReview guide: 1 false, 2 mostly false, 3 half true, 4
    mostly true, 5 true; 5 and 1 are schema.org's defaults for the ends. None off the scale or if
    the scale has no length (publishers write -1, -1, -1 or 0, 0, 0 for "no number").
    """
    length = best - worst
    if not (math.isfinite(length) and length > 0 and worst <= value <= best):
        return None
    points = (Rating.FALSE, Rating.FALSE, Rating.MIXED, Rating.MOSTLY_TRUE, Rating.TRUE)
    # Half way between two points is the lower one.
    return points[math.ceil((value - worst) / length * (len(points) - 1) - 0.5)]


def _of_label(words: tuple[str, ...]) -> Rating | None:
    """Return the rating of a text that is only a label, or a label after the word for a claim."""
    if words in _RATING_OF:
        return _RATING_OF[words]
    for length in range(min(_LONGEST_PREFIX, len(words)), 0, -1):
        rating = _RATING_OF.get(words[length:])
        if rating is None:
            continue
        if words[:length] in _CLAIM_PREFIXES:
            return rating
        if words[:length] in _SHOWN_PREFIXES and rating not in SUPPORTING_RATINGS:
            return rating
    return None


def _of_prose(words: tuple[str, ...]) -> Rating | None:
    """Return the verdict of prose. An explicit classification outranks earlier findings."""
    found: set[Rating] = set()
    classed: set[Rating] = set()
    for at in range(1, len(words)):
        if words[at - 1] not in _THAT_IT_WORDS:
            continue
        verdict = _verdict_at(words, at)
        if verdict is None:
            continue
        before = words[max(0, at - _REACH) : at]
        verbs = [i for i, word in enumerate(before) if word in _FOUND_WORDS]
        if not verbs or not _NEGATING.isdisjoint(before[max(0, verbs[-1] - 1) :]):
            continue
        found.add(verdict)
        if not _CLASSED_WORDS.isdisjoint(before):
            classed.add(verdict)
    verdicts = classed or found
    return verdicts.pop() if len(verdicts) == 1 else None


def _verdict_at(words: tuple[str, ...], at: int) -> Rating | None:
    """Return the longest label at ``words[at]``; "not wholly true" is not read as "not true"."""
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        rating = _RATING_OF.get(words[at : at + length])
        if rating is not None:
            after = words[at + length : at + length + 1]
            hedged = words[at] in _NEGATING and not _WHOLLY_WORDS.isdisjoint(after)
            return None if hedged else rating
    return None


def relations_allowed(rating: Rating | None) -> tuple[Relation, ...]:
    """Return the relations that a moderator may choose for a statement with this rating."""
    return (Relation.SUPPORTS, Relation.REFUTES) if may_confirm(rating) else (Relation.REFUTES,)


def may_confirm(rating: Rating | None) -> bool:
    """Return whether a statement with this rating may confirm a claim: a rejected one may not.

    A statement that nobody rated is what its source says, and may.
    """
    return rating is None or rating in SUPPORTING_RATINGS


def follow_rating(relation: Relation, rating: Rating | None) -> Relation:
    """Return a moderator's relation combined with the statement's rating.

    "Supports" means that a rated statement reviews this very claim: a rejected rating then refutes
    the claim, and one in between settles nothing.
    """
    if relation is not Relation.SUPPORTS or may_confirm(rating):
        return relation
    return Relation.REFUTES if rating in REJECTING_RATINGS else Relation.NOT_ENOUGH_INFO

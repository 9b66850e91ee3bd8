"""Check that greetings, prayers and noise around a claim do not change what is checked."""

import random
from functools import cache

import pytest

from benchmarks.training import written
from benchmarks.training.written import Split
from knowledge.claims import read_message
from knowledge.errors import UnreadableClaim

_BEFORE = (
    "صباح الخير، ",
    "السلام عليكم ورحمة الله وبركاته\n",
    "مساء الخير يا جماعة، ",
    "بسم الله الرحمن الرحيم\n",
    "عاجل 🔴 ",
    "الله يستر، ",
    "يا رب استر. ",
    "هل هذا صحيح؟ ",
    "معقول؟ ",
    "وصلني هذا: ",
    "منقول: ",
    "يقولون إن ",
    "Good morning! ",
    "Bonjour, ",
    "Breaking: ",
    "Is this true? ",
    "Est-ce vrai ? ",
)
_AFTER = (
    " 😱😱",
    " حسبنا الله ونعم الوكيل",
    "، الله يستر",
    " هل هذا صحيح؟",
    "، صحيح الكلام ده؟",
    " منقول",
    "\nانشرها ولك الأجر",
    " #عاجل",
    "\nاللهم احفظ بلادنا من كل سوء",
    "\nشكرا لكم",
    " https://t.co/abc123",
    " @user1",
    " please share!",
    "\nthanks",
    "\nMerci !",
    " Est-ce vrai ?",
)
CLAIMS = 150
#: Of a hundred claims so many may be read otherwise: some hold a greeting or a question of theirs.
TOLERATED = 0.04


@cache
def _claims() -> tuple[tuple[str, tuple[str, ...]], ...]:
    told = [
        claim.text
        for item in written.items(Split.DEV)
        for claim in item.claims
        if claim.kind != "casual"
    ]
    chosen = random.Random(4).sample(told, CLAIMS)  # noqa: S311 (a sample, not a secret)
    return tuple((text, found) for text in chosen if len(found := _read(text)) == 1)


def _read(text: str) -> tuple[str, ...]:
    try:
        return tuple(claim.rstrip(" .!؟?…") for claim in read_message(text).claims)
    except UnreadableClaim:
        return ()


def _is_latin(text: str) -> bool:
    return not any("\u0621" <= letter <= "\u064a" for letter in text)


def _assert_kept(wrapped: list[tuple[tuple[str, ...], str]]) -> None:
    changed = [(_read(text), found) for found, text in wrapped if _read(text) != found]
    assert len(wrapped) > 20
    assert len(changed) <= TOLERATED * len(wrapped), changed[:3]


@pytest.mark.parametrize("before", _BEFORE)
def test_what_stands_before_a_claim_changes_nothing(before: str) -> None:
    latin = _is_latin(before)
    _assert_kept([(f, before + text) for text, f in _claims() if _is_latin(text) == latin])


@pytest.mark.parametrize("after", _AFTER)
def test_what_stands_after_a_claim_changes_nothing(after: str) -> None:
    latin = _is_latin(after) and any(map(str.isalpha, after))
    _assert_kept([(f, text + after) for text, f in _claims() if _is_latin(text) == latin])

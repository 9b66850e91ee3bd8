"""Check the tokens and marks that the cross-encoder reads of a claim and a statement."""

from pathlib import Path

import pytest

from embeddings.bundled.e5_model import ensure_unpacked
from embeddings.text.pair_encoding import KINDS, Mark, PairTokenizer


@pytest.fixture(scope="module")
def tokenizer(models_dir: Path) -> PairTokenizer:
    return PairTokenizer(ensure_unpacked(models_dir))


@pytest.mark.parametrize(
    ("claim", "statement"),
    [
        ("ماافتتح الوزير الجسر", "افتتح الوزير الجسر"),
        ("مفتتحش الوزير الجسر", "افتتح الوزير الجسر"),
        ("البرلمان مايحسمش القانون", "البرلمان يحسم القانون"),
    ],
)
def test_a_word_with_a_negation_fused_to_it_is_marked_in_both(
    tokenizer: PairTokenizer, claim: str, statement: str
) -> None:
    marks = tokenizer.pair(claim, statement).marks.tolist()
    assert Mark.FUSED in marks
    assert Mark.FUSED + KINDS in marks


def test_what_only_the_context_has_is_marked(tokenizer: PairTokenizer) -> None:
    alone = tokenizer.pair("أغلقت بلدية صيدا الجسر", "أغلقت البلدية الجسر")
    told = tokenizer.pair("أغلقت بلدية صيدا الجسر", "أغلقت البلدية الجسر", "صيدا تغرق")
    assert Mark.MISSING in alone.marks
    assert Mark.MISSING not in told.marks
    assert len(told.ids) > len(alone.ids)


def test_what_is_cut_off_marks_nothing(tokenizer: PairTokenizer) -> None:
    title = "تفاصيل أخرى كثيرة عن الحادث " * 20
    near = tokenizer.pair("وصل ماكرون", "وصل الرئيس", f"ماكرون {title}")
    far = tokenizer.pair("وصل ماكرون", "وصل الرئيس", f"{title} ماكرون")
    assert Mark.MISSING not in near.marks
    assert Mark.MISSING in far.marks


def test_nobody_ends_a_text_by_typing_so(tokenizer: PairTokenizer) -> None:
    typed = tokenizer.pair("فتح </s></s> الجسر <pad> <mask> <s> <unk>", "أغلق الجسر")
    plain = tokenizer.pair("", "").ids
    end = plain[-1]
    assert list(typed.ids).count(end) == list(plain).count(end)
    assert list(typed.ids).count(plain[0]) == 1


def test_the_same_text_shares_every_word(tokenizer: PairTokenizer) -> None:
    marks = set(tokenizer.pair("أُغلق الجسرُ القديم", "اغلق الجسر القديم").marks.tolist())
    assert marks <= {0, Mark.SHARED, Mark.SHARED + KINDS}


def test_however_long_the_texts_the_input_is_bounded(tokenizer: PairTokenizer) -> None:
    long = "كلمة " * 100_000
    assert len(tokenizer.pair(long, "\ud800 word " * 1000, long).ids) < 250


def test_marks_say_which_words_the_other_text_has(tokenizer: PairTokenizer) -> None:
    tokens = tokenizer.pair("وصل 300 عامل", "وصل 70 عاملا")
    kinds = set(tokens.marks.tolist())
    assert Mark.SHARED in kinds
    assert Mark.NUMBER_MISSING in kinds
    assert Mark.NUMBER_MISSING + KINDS in kinds
    assert len(tokens.ids) == len(tokens.marks)


def test_nothing_can_be_read_too(tokenizer: PairTokenizer) -> None:
    assert len(tokenizer.pair("", "").ids) == 4


@pytest.mark.parametrize(
    ("claim", "statement"),
    [
        ("el 7okoma 9arraret fat7 ma3bar", "قررت الحكومة فتح المعبر"),
        ("mo7afez Baghdad", "محافظ بغداد"),
        ("Khartoum Merrakech", "الخرطوم ومراكش"),
        ("ميقاتي وماكرون", "Mikati reçoit Macron"),
    ],
)
def test_a_word_is_recognised_in_the_other_script(
    tokenizer: PairTokenizer, claim: str, statement: str
) -> None:
    marks = tokenizer.pair(claim, statement).marks.tolist()
    assert marks.count(Mark.SHARED) >= len(claim.split())
    assert Mark.NUMBER_MISSING not in marks


def test_one_script_is_compared_by_its_spelling(tokenizer: PairTokenizer) -> None:
    for claim, statement in (("precedent", "president"), ("مدارس", "مدروس"), ("7okoma", "hakima")):
        assert Mark.MISSING in tokenizer.pair(claim, statement).marks


def test_figures_beside_letters_stay_numbers(tokenizer: PairTokenizer) -> None:
    for claim in ("on 5th street", "3km away", "covid19", "ra7 35alf"):
        assert Mark.NUMBER_MISSING in tokenizer.pair(claim, "شارع").marks

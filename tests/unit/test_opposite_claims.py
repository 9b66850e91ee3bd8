"""Which wordings may say the opposite of each other."""

import pytest

from knowledge.claim_queue.opposite_claims import may_oppose


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("Il ne viendra pas", "Il viendra", True),
        ("Il ne viendra pas", "Il ne viendra pas demain", False),
        ("لم يدخل الجيش المدينة", "دخل الجيش المدينة", True),
        ("لا ماء ولا كهرباء في المدينة", "انقطع الماء والكهرباء في المدينة", True),
        ("There is neither water nor power", "There is water and power", True),
        ("غادر 400 عامل الميناء", "غادر 1200 عامل الميناء", True),
        ("غادر 400 عامل الميناء", "غادر أربعمئة عامل الميناء", False),
        ("الخبر كاذب", "الخبر", True),
    ],
)
def test_a_denial_a_number_or_talk_of_lies_may_oppose_either_way_round(
    one: str, other: str, may: bool
) -> None:
    assert may_oppose(one, other) is may
    assert may_oppose(other, one) is may

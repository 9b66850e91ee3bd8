"""Kinship joins the forms of one word and leaves words of one root but another sense apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.normalise import fold
from knowledge.agreement.kinship import kin

FAMILIES = """
محاصر محاصرا حاصر تحاصر حصار|خرج خروج يخرجون خرجوا الخروج
أعلن إعلان أعلنها يعلن الإعلان وأعلنت|سيطر سيطرة مسيطر سيطرتهم تسيطر|خسر خسائر خسارة خسائره
أطفال طفل الأطفال وأطفال طفلة|مدني مدنيين المدنيين|عائلات عائلة عائلته|هجوم هجمات هاجم هجماتها
استخدم استخدام يستخدم يستخدمهم المستخدم|انسحب انسحاب تنسحب ينسحبون
اعتقل اعتقال معتقل معتقلين يعتقل|دمر تدمير يدمر|قتل مقتل قتلى يقتلون قتيلا
شارك مشاركة يشارك شاركوا|وصل وصول يصل وصلت|ارتفع ارتفاع يرتفع مرتفع|سعر أسعار الأسعار
وزير وزراء الوزراء|صاروخ صواريخ|رفض يرفض رفضت|مشروع مشاريع|متظاهر المتظاهرين تظاهرات
مقاتلي مقاتلون المقاتلين|سوري سورية السوريين|lost lose loses losing|fled flee
fought fight fights|left leave leaves|won win wins|fell fall falls|rose rise risen|held hold
said say says|children child|women woman|policies policy|killed kills killing
elected elections|announced announcement announces|attacks attacked attack
""".replace("\n", "|").strip("|")

APART = """
حكم حكومة|محكمة حكومة|حكم محكمة|محكمة محاكمة|قاتل قتيل|عمل عملة|عامل عملة|طلب طالبان|علم إعلام
يعلم تعليم|سلم إسلام|أمن تأمين|غير تغيير|عدم إعدام|تقدم يقدم|قديم تقديم|تراجع مراجعة
مستقلة استقالة|شرط شرطة|طريق طريقة|محافظ محافظة|منطق منطقة|مدرس مدرسة|جمهور جمهورية
بحر البحرين|الرياض رياضية|اجتماع اجتماعي|معسكر عسكر|وزارة زار|مباراة مبارك|مدن مدني|يحقق تحقيق
موضوع وضع|مشروع شرع|حقق حقوق|ورقة الرقة|زوجها زوجته|ابنه ابنته|جديد تجديد|كامل أمل|مصادر صادر
استقلال استقالة|police policy|import important|organ organization|several severe
general generate|author authority|new news|university universal|minor minority
public publication|international internal|left right|العمال العمل
رئيسي رئيس|rise fall|killed died|قتل killed
""".replace("\n", "|").strip("|")


@pytest.mark.parametrize("family", FAMILIES.split("|"), ids=lambda family: family.split()[0])
def test_the_forms_of_one_word_are_kin(family: str) -> None:
    head, *others = fold(family).split()
    assert [other for other in others if not kin(head, other)] == []
    assert [other for other in others if not kin(other, head)] == []


@pytest.mark.parametrize("pair", APART.split("|"))
def test_words_of_another_sense_are_not(pair: str) -> None:
    a, b = fold(pair).split()
    assert not kin(a, b)
    assert not kin(b, a)


def test_short_words_are_kin_by_light_stem_only() -> None:
    assert kin("حق", "حق")
    assert not kin("حق", "حقق")
    assert not kin("حد", "حدد")


_WORD = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهويءabcdeginrst'", max_size=40)


@given(_WORD, _WORD)
def test_kinship_is_symmetric_and_a_word_is_its_own_kin(a: str, b: str) -> None:
    assert kin(a, a)
    assert kin(a, b) == kin(b, a)


def test_long_words_are_only_their_own_kin() -> None:
    assert kin("ا" * 5000, "ا" * 5000)
    assert not kin("ا" * 5000, "ا" * 5001)

"""Normalise cosines by an encoder's cosines with unrelated sentences.

Cosines of one model mean nothing in another (unrelated texts score .75-.85 with e5, near 0 with
most others), and some texts are close to everything. So a cosine is measured in standard deviations
above the mean cosine of the same claim with a fixed cohort of plain sentences: the cohort
normalisation of speaker verification (T-norm; Auckenthaler, Carey & Lloyd-Thomas 2000).
"""

from collections.abc import Callable
from typing import Final

from embeddings.search_results import Vectors

#: Everyday sentences on scattered subjects, written for this purpose. Changing one changes every
#: measured threshold in ``knowledge.checking.relevance``.
COHORT: Final = (
    "تفتح المكتبة أبوابها من الساعة التاسعة صباحا حتى المساء",
    "يضيف الطاهي قليلا من الكمون إلى الحساء قبل تقديمه",
    "سجل الفريق هدفين في الشوط الثاني وفاز بالمباراة",
    "تأخر القطار نصف ساعة بسبب أعمال الصيانة على السكة",
    "تساعد الرياضة اليومية على تحسين النوم والمزاج",
    "أعلنت الجامعة مواعيد التسجيل للفصل الدراسي الجديد",
    "انخفضت درجات الحرارة وهطلت أمطار غزيرة على الساحل",
    "افتتح الوزير جسرا جديدا يربط ضفتي النهر",
    "ارتفع سعر الذهب في الأسواق العالمية مع تراجع الدولار",
    "يعرض المتحف لوحات نادرة من القرن الماضي",
    "أطلقت الشركة هاتفا جديدا بشاشة أكبر وبطارية أطول عمرا",
    "زرع المزارعون القمح في الأسبوع الأول من الشتاء",
    "أصدرت المحكمة حكمها في قضية النزاع على الأرض",
    "يحتوي الحليب على الكالسيوم الضروري للعظام",
    "وصل الفيلم إلى دور العرض بعد عامين من التصوير",
    "نصح الأطباء بشرب الماء بكثرة في أيام الحر",
    "وقع البلدان اتفاقا للتعاون في مجال التعليم",
    "أغلقت الشرطة الطريق السريع بعد حادث مروري",
    "صوت البرلمان على مشروع قانون الموازنة العامة",
    "عثر الصيادون على سفينة قديمة قرب الميناء",
    "تحتاج النباتات المنزلية إلى ضوء غير مباشر",
    "فازت الكاتبة بجائزة عن روايتها الأولى",
    "تعطلت خدمة الإنترنت في عدد من الأحياء مساء أمس",
    "اشترى أخي سيارة مستعملة من معرض في المدينة",
    "تدرس البلدية توسيع الحديقة العامة وزيادة المقاعد",
    "زار الوفد مصنعا للنسيج واطلع على خطوط الإنتاج",
    "أجل اللاعب اعتزاله إلى نهاية الموسم",
    "يتعلم الأطفال الحروف عن طريق الأغاني",
    "نفدت تذاكر الحفل الموسيقي خلال ساعات",
    "حذرت الأرصاد من رياح نشطة مثيرة للغبار",
    "أضرب عمال النقل للمطالبة بزيادة الأجور",
    "تم ترميم القلعة القديمة وإعادة فتحها للزوار",
    "The bakery on the corner sells fresh bread every morning",
    "The committee postponed the vote until next week",
    "Heavy snow closed the mountain pass for two days",
    "Her grandmother taught her how to knit a scarf",
    "The company reported higher profits in the last quarter",
    "Bees pollinate many of the fruits that we eat",
    "The striker signed a new contract with the club",
    "Researchers found a new species of frog in the forest",
    "The museum will be closed on Monday for cleaning",
    "He forgot his umbrella on the bus",
    "The central bank kept interest rates unchanged",
    "A new vaccine trial started at the university hospital",
    "The orchestra played an old symphony last night",
    "Firefighters put out a fire in an empty warehouse",
    "The recipe calls for three eggs and a cup of sugar",
    "The two presidents met to discuss the border dispute",
    "Le boulanger prépare le pain avant le lever du soleil",
    "Le train pour Lyon partira avec une heure de retard",
    "Les élèves visiteront le musée la semaine prochaine",
    "Le parlement examine une réforme des retraites",
    "La pluie a retardé la récolte du raisin",
    "L'équipe a perdu son dernier match à domicile",
    "Une nouvelle ligne de métro ouvrira au printemps",
    "Le médecin recommande de marcher chaque jour",
)


def make_normaliser(claim: Vectors, cohort: Vectors) -> Callable[[float], float]:
    """Return what tells how many standard deviations a cosine is above those with unrelated text.

    ``claim`` is its vector (dimension,), ``cohort`` the rows (n, dimension) of ``COHORT`` as the
    same encoder encodes statements.
    """
    unrelated = cohort @ claim
    mean, deviation = float(unrelated.mean()), max(float(unrelated.std()), 1e-6)
    return lambda cosine: (cosine - mean) / deviation

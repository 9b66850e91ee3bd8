"""Words around numbers that say what kind of quantity they are, folded."""

from knowledge.agreement.tokens import fold

BETWEEN = frozenset({"بين", "وبين", "between", "entre"})
FROM = frozenset({"من", "from", "de"})
CONNECTORS = frozenset({"و", "and", "et", "الي", "to", "a"})
DASHES = frozenset({"-"})
QUOTES = frozenset({"«»", '""', "“”", "()", "[]"})
PARTITIVES = frozenset(fold("من of the de la le les des du d l").split()) | {"'"}
TOTALS = frozenset(fold("إجمالي اجمالي مجموع كامل عدد total whole entire all").split())
MOST = frozenset(fold("معظم غالبية أغلب أغلبية most majority").split())
MOST_OF_THEM = frozenset(
    word + ending
    for word in ("معظم", "غالبيت", "اغلب", "اغلبيت")
    for ending in ("هم", "ها", "هن", "هما")
)
WHOLE = frozenset(fold("جميع كافة كامل all").split())
ORDINAL_SUFFIXES = frozenset({"st", "nd", "rd", "th", "er", "eme", "ere"})

CHANGES = frozenset(
    fold(
        "ارتفع ارتفعت ارتفاع يرتفع ترتفع زاد زادت زيادة ازداد انخفض انخفضت انخفاض تراجع "
        "تراجعت هبط هبطت قفز قفزت صعد صعدت رفع رفعت خفض خفضت تقليص تخفيض زيادته انتقل تحول "
        "rose rise risen fell fall fallen dropped drop increased increase decreased decrease "
        "grew climbed jumped slipped up down raised cut reduced passe passer hausse baisse"
    ).split()
)
"""Verbs of change: after them "from 5 to 10" names two numbers, not a range."""

PARTS = frozenset(
    fold("نهائي النهائي سنوي سنوية أخير أخيرة الأخير الأخيرة final finals time").split()
) | {"-"}
"""What makes a fraction word no share: half-final, quarterly, the last quarter."""

ORDINALS: dict[str, int] = {
    name: value
    for value, names in enumerate(
        (
            "أول أولى حادي حادية",
            "ثاني ثانية",
            "ثالث ثالثة",
            "رابع رابعة",
            "خامس خامسة",
            "سادس سادسة",
            "سابع سابعة",
            "ثامن ثامنة",
            "تاسع تاسعة",
            "عاشر عاشرة",
        ),
        start=1,
    )
    for name in fold(names).split()
}

NOT_COUNTED = frozenset(
    fold(
        "عدد آخرون آخرين اخرون اخرين others من في فى إلى الى على عن مع بين بعد قبل منذ حتى "
        "خلال ضد عند لدى أو او و ثم أن ان إن كما هو هي هم وهو وهي التي الذي الذين هذا هذه ذلك "
        "تلك قد لا لم لن ما كان كانت وكان وقد بينهم بينها بسبب عبر حول دون وفق بحسب حسب اليوم "
        "أمس غدا فقط أيضا ايضا لكن بل كل بينما حيث إذ منهم منها فيها and or of the in on at "
        "to from by with for as is are was were be been have has had that which who after "
        "before since until per more less than a an this these those it its but not today et "
        "ou de du des le la les au aux en dans par sur pour avec est sont"
    ).split()
)
"""Words that follow a number without being what it counts."""

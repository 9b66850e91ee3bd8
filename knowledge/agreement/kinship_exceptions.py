"""What the rules of ``kinship`` need to be told, found by reading what they join in headlines.

All words are folded. A pattern spelled without vowels is often two patterns; each list says which
reading the news means.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Nouns and names whose pattern is a verb's but whose sense is not: inflected only.
NOT_VERBAL: Final = _words("""
    ملك تعليم اعلام اسلام تقرير تنظيم تحقيق تصريح تاريخ تامين ترتيب تمثيل تمييز موضوع مجموع
    معلوم منسوب مشروع مرسوم مسوول منظوم محمود مسعود محصول مفهوم محمول مجهود مخصوص منصور مقصود
    مشهور مضمون مردود منشور معروف معقول مجنون محروق ملحوظ سعود داود سطور جمهور رسول قانون صندوق
    حقوق خصوص شعور قصور سحور فطور عطور بخور تمور سرور اجتماع مجتمع مستقبل منتخب مستشار مستشفي
    محافظ مقابل مبارك مسلسل متوسط متحف مختلف مشترك مناسب مساعد اقبال اسعاف اشراف اقليم انسان
    استاذ ارهاب اسبوع استثمار احترام اعتبار اختيار حكوم ديون شهود رسوم عقود قبل حدود جنود وقود
    عمود خصوم نجوم ابداع اسلوب اكرام اشعار افطار تكوين تمكين تعريف تخريج تحديث تصدير نقول بعد
    مصر محافظه محاكم مصادر مواقع مراكز مناطق مساجد معارك منازل مراحل مشاريع مصانع مدارس مطار
""")

#: Pasts of form II, spelled like form I; their verbal noun is تفعيل.
FORM_II: Final = _words("""
    دمر حذر هدد طور جدد حدد نفذ وزع كلف عزز مدد خفض قلص وسع كرم هرب عذب حرض وثق فند شدد رشح جمد
    سلح حرر نسق فتش فكك شكل سجل وجه
""")

#: Pasts of form III; bare they look like a participle of form I, so only these are verbs.
FORM_III: Final = _words("""
    هاجم حاصر حاول شارك ساعد واصل واجه غادر قاطع دافع عالج ناقش تابع خالف ساند عارض شاهد حارب
    هاجر سافر مارس حافظ واكب وافق عاقب راقب لاحق ناشد ضاعف ساهم طارد قاوم داهم
""")

#: Pasts of form IV of which the present may be read; of others it is taken for form I.
FORM_IV: Final = _words("""
    اعلن اطلق اغلق انتج اصدر ارسل اوقف افرج اعدم اجبر ارغم احرق اسقط اكمل انجز ابرم انقذ اصبح
    اسفر احبط ابعد اعرب اكد اوضح اشعل اغرق اودع احدث اثبت اوفد اسعف انكر اوصي اضرب
""")

#: Pasts and verbal nouns of forms V and VI that look like a present of "she": تقدم, تراجع.
REFLEXIVE: Final = _words("""
    تقدم تسلم تدخل تحكم تعلم تغير تعرض تجمع توقع تسبب تحدث تطور تاخر توقف تحول تحرك تحقق تعهد
    تمكن تنوع توفر توجه تولي تبين تعرف تضمن تسلل تدفق تحمل تخرج تشكل تصدر تضرر تكرر توسع تنفس
    تبرع تجدد تجنب تحسن تحطم تخلف تخلص تدرب تذكر تراس تردد ترشح تسرب تشدد تصرف تصور تضخم تعدد
    تعصب تعقد تفجر تفرق تفوق تقبل تقلص تقلب تكبد تكون تلقي تمدد تمرد تمسك تميز تنبا تنقل توتر
    توعد توفي تعذر تخصص تحرش تملك تطرق تنظم ترك تطرف تحري تخفي تقيم تريد تعيين تعاد تحفظ تمور
    تراجع تعاون تجاوز تواصل تعامل تبادل تفاوض تصاعد تزايد تظاهر تنافس تساقط تعادل تحالف تفاقم
    تجاهل تنازل تكامل تناول تضامن تقاعد تهاون تسامح تعاقد تعاطف تداول تصادم تفاعل تفاهم تقارب
    تشاور تداخل تواجد توافق تضاعف تواطو تلاعب تماسك تسارع تجارب تجاره تقاطع تنافر تعايش تبارك
""")

#: Words of their own although they look like an inflection of a shorter one: طريقة is not the
#: feminine of طريق, البحرين not two seas.
DISTINCT: Final = _words("""
    طريقه محافظه مكتبه جامعه قاعده منطقه مدرسه حكومه موافقه عاصمه طايره دايره شاحنه حافله عاصفه
    كارثه رساله صناعه تجاره زراعه سياسه قياده وزاره سفاره اداره عماره سياره حضاره جريمه صحيفه
    حقيقه وثيقه سفينه قبيله عايله مدينه مقابله مسابقه معاهده مقاطعه متابعه مسيره مقاومه منافسه
    منظمه موسسه جمهوريه جمهوري بلديه قضيه شخصيه شخصي عمليه داخليه خارجيه ماليه جنسيه بحريه خلافه
    كتابه اماره كليه مجموعه معلومه محاوله مشاركه مواجهه مبادره مناوره محاضره مهاجمه مفاوضه هويه
    مساحه ساحه مرحله مشكله مباراه مباشره رقابه نقابه خطوه بطوله علاقه اضافه اشاره اثاره رعايه
    حمايه بدايه نهايه روايه ولايه حديقه كنيسه وسيله وظيفه ضريبه نتيجه ذخيره جزيره بعثه جايزه
    قايمه فايده طايفه منحه سلسله موازنه مراجعه ملحمه محطه امراه انظمه اجهزه اسلحه ادويه اغذيه
    اجتماعي رياضي بحرين حرمين بعيد مليون ملايين كميات قران بيان لبنان ميدان بلدان طهران سليمان
    رمضان عثمان فلسطين طالبان كورونا برلمان مهرجان سلطان قانون عنوان مريكان افغان شيطان انسان
    حيوان عدوان علي اليوم بريد رقه ورقه تونس يوسف ياسر يحيي يزيد فريد نبيل كامل مبارك باراك
    كاميرون فيصل محاكمه ابنه ابنت كاميرا رياضه تعليمات سودان التزام زوجه رييسي اجرا
""")

#: Words that are nothing but themselves however they begin or end.
RIGID: Final = _words("""
    انا ليس لدي لدينا لديه لديها لديهم بعدما عندما بينما كلما حينما لما انما بين بينهم بينها
    بينهما علي عليه عليها عليهم علينا عليك الي اليه اليها كان كانت كانوا كانون لكن لكنه يشار يكن
    التزام ابنته ابنتها ابنتهم شقيقته شقيقتها والدته والدتها
""")

#: Porter stems under which words of different sense meet: only inflections of one word are kin.
FALSE_STEMS: Final = _words("""
    critic hospit town franc green observ polic organ sever social human public popul generat
    general major minor offic busi harri ann mari carri kati simon patti billi willi emergenc
    emerg person ident incid experi custom conserv confer quit object initi util lord grand
    commun mill hugh phillip clark bell angel apart suit audit impress prospect convers fabric
    nativ deriv correspond oliv ali bare cri claus icon mall lone consider contain design execut
    secret nation appropri consist occup juli like direct univers import past author intern
    gener term hard state art arm even ever unit mean under most stat new news relat late last
    prob probabl process posit negat wander minist ministri anim capit civil christian complet
    corpor cover cricket depend detect domest elev engin express final financi formal format
    friend function graduat ignor independ industri inspir institut instal invent justin legisl
    liber lie magic manag matern memori mine mobil moral mountain mysteri natur notabl oper
    option oral paint partial particular parti pass patriot pattern perfect plant poli practic
    pregnant present press principl privat product profess progress proper purpos race rank rare
    rate reason record refer reform regul repres republ resid respect respons retail rey right
    sanit satan sens sensit separ seri serv sexual short sign situat sole special spirit spiritu
    substitut suppos system tablet televis test thatcher titan transit travel understand ventil
    victori wast well will wit wonder
""")

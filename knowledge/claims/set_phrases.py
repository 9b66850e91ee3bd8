"""List set phrases that are no claim: greetings, thanks, prayers, in three languages (data).

Spelled as read by ``knowledge.corpus.extraction.word_spans.fold``: commas part the phrases.
"""

from typing import Final

from knowledge.corpus.extraction.word_spans import fold

Phrase = tuple[str, ...]


def phrases(text: str) -> frozenset[Phrase]:
    """Return the phrases of a list parted by commas, each as its folded words."""
    split = (tuple(fold(word) for word in phrase.split()) for phrase in text.split(","))
    return frozenset(phrase for phrase in split if phrase)


GREETINGS: Final = phrases(
    "السلام عليكم,السلام عليكم ورحمة الله,السلام عليكم ورحمة الله وبركاته,سلام عليكم,سلام"
    ",سلام عليكم ورحمة الله,سلام عليكم ورحمة الله وبركاته,السلام,سلامات,عليكم السلام"
    ",وعليكم السلام,وعليكم السلام ورحمة الله,وعليكم السلام ورحمة الله وبركاته,مرحبا,مرحبا بك"
    ",مرحبا بكم,مراحب,أهلا,أهلا بك,أهلا وسهلا,أهلا وسهلا بك,أهلين,اهلين وسهلين,هلا,يا هلا"
    ",هلا والله,هلا وغلا,هلو,الو,هاي,صباح الخير,صباح النور,صباح الورد,صباح الفل,يسعد صباحك"
    ",صباحو,مساء الخير,مساء النور,مساء الورد,يسعد مساك,تصبح على خير,تصبحون على خير,ليلة سعيدة"
    ",يوم سعيد,نهارك سعيد,كيفك,كيفكم,كيف حالك,كيف حالكم,كيف الحال,كيف الصحة,كيف أنت,شلونك"
    ",شلونكم,شخبارك,شو أخبارك,ايش اخبارك,وش اخبارك,شو الأخبار عندك,ازيك,ازيكم,عامل ايه"
    ",عاملين ايه,عاملة ايه,اخبارك ايه,لاباس,لا باس عليك,كيداير,كي داير,واش راك,كيراك,كي راك"
    ",شنو احوالك,شحوالك,تحية طيبة,تحية طيبة وبعد,تحياتي,مع السلامة,إلى اللقاء,وداعا,باي"
    ",في أمان الله,رمضان كريم,رمضان مبارك,عيد مبارك,عيد سعيد,عيدكم مبارك,كل عام وأنتم بخير"
    ",كل عام وأنت بخير,كل سنة وانت طيب,جمعة مباركة"
    ",hi,hello,hey,hi there,hello there,hey there,hiya,good morning,good afternoon,good evening"
    ",good night,good day,greetings,how are you,how are you doing,how are you today,how do you do"
    ",how's it going,what's up,whats up,sup,salam,salaam,salam alaikum,salam aleikum,bye,bye bye"
    ",salam alaykum,assalamu alaikum,assalam alaikum,as-salamu alaykum,assalamualaikum,goodbye"
    ",see you,see you later,have a nice day,nice to meet you,ramadan kareem,eid mubarak"
    ",bonjour,bonsoir,salut,coucou,ça va,comment ça va,comment allez-vous,comment vas-tu"
    ",bonne journée,bonne soirée,bonne nuit,au revoir,à bientôt,enchanté"
    ",marhaba,mar7aba,ahlan,ahla,ahlan wa sahlan,kifak,kefak,keefak,kifek,ezayak,izzayak,shlonak"
    ",chlonak,shlonik,labas,sba7 el kheir,saba7 el kheir,sabah el kheir,sabah el khair"
    ",masa el kheir,salam 3alaykom,salam 3alaikom,salam 3lykom,slm"
)

THANKS: Final = phrases(
    "شكرا,شكرا لك,شكرا لكم,شكرا جزيلا,شكرا جزيلا لك,شكرا جزيلا لكم,شكرا كتير,شكرا كثيرا"
    ",شكرا على المساعدة,شكرا لمساعدتك,الشكر لك,لك الشكر,ألف شكر,الف الف شكر,جزيل الشكر"
    ",كل الشكر,مشكور,مشكورة,مشكورين,متشكر,متشكرين,متشكرة,يسلمو,يسلموا,يسلموا كتير,تسلم"
    ",تسلمي,تسلم ايدك,يعطيك العافية,يعطيكم العافية,الله يعطيك العافية,ربنا يخليك,الله يخليك"
    ",الله يسلمك,جزاك الله خيرا,جزاك الله خير,جزاكم الله خيرا,جزاكم الله خير,بارك الله فيك"
    ",بارك الله فيكم,الله يبارك فيك,وفقكم الله,ممنون,ممنونك,ميرسي,ميرسي كتير,احسنت,أحسنتم"
    ",برافو,عفوا,العفو,ولو,صحيت,يعيشك,بارك الله فيك خويا"
    ",thanks,thank you,thank you very much,thank you so much,thanks a lot,many thanks,thx,thnx,ty"
    ",thanks for your help,thank you for your help,much appreciated,great job,good job,well done"
    ",good bot,you're welcome,nice work"
    ",merci,merci beaucoup,merci bien,merci à vous,je vous remercie,mille mercis,bien joué"
    ",shukran,choukran,chokran,yeslamo,yslmo,tslm"
)

PRAYERS: Final = phrases(
    "لا إله إلا الله,لا إله إلا الله محمد رسول الله,أشهد أن لا إله إلا الله,سبحان الله"
    ",سبحان الله وبحمده,سبحان الله العظيم,سبحان الله وبحمده سبحان الله العظيم,الحمد لله"
    ",الحمدلله,الحمد لله رب العالمين,الحمد لله على كل حال,الحمد لله على السلامة,الله أكبر"
    ",استغفر الله,استغفر الله العظيم,استغفر الله العظيم وأتوب إليه,أستغفر الله وأتوب إليه"
    ",لا حول ولا قوة إلا بالله,لا حول ولا قوة إلا بالله العلي العظيم,حسبي الله,حسبنا الله"
    ",حسبي الله ونعم الوكيل,حسبنا الله ونعم الوكيل,إنا لله وإنا إليه راجعون,انا لله"
    ",ما شاء الله,ماشاء الله,ما شاء الله تبارك الله,تبارك الله,إن شاء الله,انشاء الله"
    ",ان شالله,بإذن الله,اللهم صل على محمد,اللهم صل على محمد وآل محمد,اللهم صل وسلم على نبينا محمد"
    ",اللهم صل وسلم وبارك على نبينا محمد,اللهم صل وسلم على سيدنا محمد,صلى الله عليه وسلم"
    ",وعلى آله وصحبه أجمعين,وعلى آله وصحبه وسلم,صلوا على النبي,صل على النبي,اللهم آمين"
    ",آمين,آمين يا رب,آمين يارب,آمين يا رب العالمين,آمين يارب العالمين,آمين آمين,يا رب,يارب"
    ",يا الله,يا رب العالمين,يارب العالمين,يا لطيف,الله يرحمه,الله يرحمها,الله يرحمهم"
    ",رحمه الله,رحمها الله,الله يستر,الله يحفظنا,الله يحفظكم,الله يحفظك,الله المستعان"
    ",الله كريم,الله يشفيه,الله يشفيها,الله يشفيهم,اللهم لك الحمد,اللهم لك الحمد والشكر"
    ",يا رب استر,يارب استر,الله يستر علينا,الله يكفينا الشر"
    ",بسم الله,بسم الله الرحمن الرحيم,أعوذ بالله,أعوذ بالله من الشيطان الرجيم,ربنا يستر"
    ",توكلنا على الله,ادعوا لنا,دعواتكم,لا تنسونا من الدعاء"
    ",amen,god bless,god bless you,god bless you all,inshallah,inchallah,in sha allah,insha allah"
    ",alhamdulillah,hamdulillah,mashallah,masha allah,subhanallah,astaghfirullah,allahu akbar"
    ",rest in peace,rip,may god protect us,may allah protect us,pray for us"
    ",que dieu vous bénisse,dieu merci,que dieu nous protège,hamdoulillah"
)

ABOUT_BOT: Final = phrases(
    "من أنت,من انت انت,مين انت,مين أنتا,مين إنت,انت مين,أنت من,من أنتم,مين انتو,انتو مين,منو انت"
    ",منو انتا,شكون انت,شكون نتا,ما اسمك,شو اسمك,ايش اسمك,وش اسمك,اسمك ايه,شنو اسمك,شسمك"
    ",ماذا تفعل,ماذا تعمل,شو بتعمل,شو بتسوي,ايش تسوي,وش تسوي,بتعمل ايه,شنو تسوي,ما عملك"
    ",ما وظيفتك,شو شغلك,ما هذا البوت,ما هو هذا البوت,شو هالبوت,ايه البوت ده,ما هذا,شو هذا"
    ",كيف تعمل,كيف يعمل البوت,كيف يعمل هذا البوت,كيف بتشتغل,بتشتغل ازاي,كيف تشتغل,كيف أستخدمك"
    ",كيف استخدم البوت,كيف أستخدم هذا البوت,كيف استعمل البوت,كيف استعملك,كيف الاستخدام"
    ",ماذا تستطيع,ماذا تستطيع أن تفعل,ماذا يمكنك أن تفعل,شو بتقدر تعمل,كيف تساعدني"
    ",كيف يمكنك مساعدتي,هل يمكنك مساعدتي,ممكن تساعدني,ساعدني,مساعدة,المساعدة,تعليمات"
    ",هل أنت روبوت,هل أنت بوت,انت روبوت,انت بوت,هل أنت إنسان,انت انسان,هل انت انسان ام روبوت"
    ",هل أنت حقيقي,هل أنت ذكاء اصطناعي,انت ذكاء اصطناعي,من صنعك,من برمجك,مين عملك,من طورك"
    ",من يقف وراءك,من وراء هذا البوت,ما مصادرك,من أين معلوماتك,من اين تجلب معلوماتك"
    ",من أين تأتي بالمعلومات,شو مصادرك,ما هي مصادرك,هل يمكن الوثوق بك,هل أثق بك,هل أنت موثوق"
    ",بأي لغة تتحدث,هل تتكلم العربية,هل تتحدث العربية,هل تتحدث الإنجليزية,كم عمرك,من أين أنت"
    ",هل تحفظ بياناتي,هل البوت مجاني,هل هذا مجاني,هل أنت مجاني,تجربة,تجربه,اختبار"
    ",who are you,what are you,what is this,what is this bot,what's this,what is your name"
    ",what's your name,what do you do,what can you do,how do you work,how does this work"
    ",how does it work,how does this bot work,how do i use you,how do i use this,how to use"
    ",how to use this bot,how can you help,how can you help me,can you help me,help,help me"
    ",are you a bot,are you a robot,are you human,are you a human,are you real,are you an ai"
    ",are you ai,who made you,who built you,who created you,who runs this,who is behind this"
    ",where do you get your information,what are your sources,can i trust you,are you reliable"
    ",do you speak arabic,do you speak english,how old are you,is this free,are you free,test"
    ",testing,do you store my data"
    ",qui es-tu,qui êtes-vous,tu es qui,que fais-tu,que faites-vous,comment ça marche"
    ",comment ça fonctionne,comment t'utiliser,es-tu un robot,êtes-vous un robot,aide,aidez-moi"
    ",quel est ton nom,comment tu t'appelles,qui t'a créé,quelles sont tes sources"
)

#: Words among such phrases that say nothing of their own.
FILLERS: Final = phrases(
    "يا دكتور,يا شباب,يا جماعة,يا اخي,يا أخي,يا خوي,يا خويا,يا صديقي,يا غالي,يا بوت,يا عزيزي"
    ",يا حبيبي,يا ناس,يا اخوان,يا أستاذ,يا أصدقاء,يا روبوت,يا باشا,يا فندم,يا ريس,اخي الكريم"
    ",حبيبي,صديقي,أخي,اختي,عزيزي,اليوم,كثيرا,كتير,جدا,وبعد,لو سمحت,من فضلك,تثبت,يا تثبت"
    ",my friend,dear,bot,sir,there,everyone,everybody,all,guys,please,very much,so much,again"
    ",mon ami,monsieur,madame,à tous,s'il vous plaît,stp,svp"
)

#: Openings of a prayer that goes on in its own words.
INVOCATIONS: Final = phrases(
    "اللهم,ربنا,ربي,حفظ الله,حفظكم الله,حمى الله,يا رب,يارب,رب اغفر,رب ارحم,نسأل الله"
    ",اسأل الله,أسال الله,أدعو الله,ندعو الله,الله يرحم,الله يحفظ,الله يشفي,الله يعين"
    ",الله ينصر,الله يهدي,الله يوفق,الله يسعد,الله يبارك"
    ",الله يجزي,الله يعافي,الله يفرج,الله يصبر,الله يلعن,الله ينتقم,عسى الله"
    ",may allah,may god,o allah,ya allah,ya rab,god please,oh god,que dieu,qu'allah"
)

#: Whoever asks these asks for a view.
OPINION_ASKED: Final = phrases(
    "ما رأيك,ما رأيكم,شو رأيك,شو رايك,شو رأيكم,ايش رأيك,وش رايك,وش رأيكم,ايه رأيك,رأيك ايه"
    ",شنو رايك,شنو رأيك,اش رايك,كيف ترى,كيف تشعر,هل تحب,هل تحبني,هل تكره,من الأفضل,أيهما أفضل"
    ",ماذا تنصحني,بماذا تنصحني,what do you think of,what do you think about,what's your opinion"
    ",what is your opinion,how do you feel,do you like,do you love,which is better,should i"
    ",do you love me,que penses-tu,que pensez-vous,qu'en penses-tu,quel est ton avis,tu aimes"
)

#: Whoever says these says what they feel or hold.
OPINION_SAID: Final = phrases(
    "في رأيي,برأيي,براي,من وجهة نظري,رأيي الشخصي,أحبك,بحبك,أنا أحبك,أكرهك,اكرهك,أنا حزين"
    ",أنا حزينة,أنا سعيد,أنا سعيدة,أنا تعبان,أنا تعبانة,أنا جائع,أنا خائف,أنا خايف,اشتقت لك"
    ",اشتقتلك,أشعر بالملل,أنا زهقان,i love you,i hate you,i am sad,i'm sad,i am happy,i'm happy"
    ",i am bored,i'm bored,i am tired,i'm tired,i feel,i am afraid,i'm scared,in my opinion"
    ",je t'aime,je suis triste,je suis content,je suis fatigué,à mon avis"
)

#: Where one of these is said beside a prayer or a feeling, something is told as well.
TELLING: Final = phrases(
    "توفي,توفيت,توفى,مات,ماتت,ماتوا,وفاة,رحل,رحلت,قتل,قتلت,قتلوا,مقتل,استشهد,اغتيال,اعتقال,اعتقل"
    ",أعلن,أعلنت,إعلان,خبر,الخبر,عاجل,انفجار,زلزال,أصيب,إصابة,وباء,لقاح,أكد,أكدت,كشف,كشفت,قرر"
    ",قررت,ضرب,قصف,حريق,سقوط,وصول,تسجل,سجلت,died,dead,death,killed,dies,attack,news,announced"
    ",said,says,vaccine,confirmed,mort,morte,décès,tué"
)

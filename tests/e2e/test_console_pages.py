"""Every page of the console in a real browser: both languages, desktop and phone, by keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.vector_cache import load_or_compute
from knowledge.models import Statement
from knowledge.storage.database import Sessions
from tests.bag_of_words import BagOfWords
from tests.e2e.chromium import DESKTOP, PHONE, Chromium, axe_core, chromium
from tests.e2e.served_console import served_console
from tests.integration.console import Console, key_of
from tests.integration.newsroom import BODY, CLAIMS, add_cluster, deliver, furnish, propose

PAGES = {
    "inbox": "/inbox",
    "inbox-tagged": "/inbox?tag=ask+the+city",
    "inbox-snoozed": "/inbox?tab=snoozed",
    "inbox-narrowed": "/inbox?language=en&people=1&growth=1&assigned=nobody&outcome=RELATED",
    "inbox-without-any": "/inbox?people=9999",
    "cluster": "/clusters/1",
    "cluster-with-candidates": "/clusters/3",
    "cluster-of-hostile-text": "/clusters/5",
    "answer": "/clusters/1/answer?statement=1&relation=REFUTES",
    "rejection": "/clusters/1/reject?why=opinion",
    "merge": "/clusters/1/merge?other=6",
    "block": "/clusters/1/block?inquiry=1",
    "report-new": "/reports/new?cluster=1",
    "new-answer": "/clusters/1/report",
    "report": "/reports/1?cluster=1",
    "report-of-hostile-text": "/reports/3",
    "statements": "/statements",
    "drafts": "/statements?status=draft",
    "statement": "/statements/1",
    "retract": "/statements/1/retract",
    "search": "/search?q=%D8%AC%D8%B3%D8%B1",
    "sources": "/sources",
    "proposals": "/proposals",
    "proposal-of-an-edit": "/proposals/1",
    "proposal-of-an-answer": "/proposals/2",
    "proposal-of-hostile-text": "/proposals/3",
    "statement-that-waits": "/statements/3",
    "trends": "/trends?days=1",
    "audit": "/audit",
    "index": "/index",
    "people": "/people",
    "nothing": "/clusters/999",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Return a furnished console that is being served."""
    with served_console(tmp_path_factory.mktemp("console")) as console:
        furnish(console.sessions)
        publish_a_copy(console.sessions)
        load_or_compute(console.sessions, BagOfWords(), [claims[0][0] for claims in CLAIMS])
        propose(console.sessions)
        deliver(console.sessions)
        yield console


@pytest.fixture(scope="module")
def browser(console: Console) -> Iterator[Chromium]:
    """Return a browser that signed in by a link."""
    with chromium(console.url) as browser:
        browser.open(f"/sign-in?token={console.link()}")
        browser.press("button.primary")
        assert browser.driver.current_url == f"{console.url}/inbox"
        yield browser


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> Path:
    """Return axe-core, kept between runs."""
    cache = pytestconfig.cache
    assert cache is not None
    return axe_core(Path(cache.mkdir("npm")))


@pytest.fixture(autouse=True)
def _wide_and_without_memory(browser: Chromium) -> None:
    browser.resize(DESKTOP)
    browser.complaints()
    browser.strangers()


#: Pages that say that something cannot be.
REFUSED = ("nothing", "inbox-with-a-problem")


def speak(browser: Chromium, language: str) -> None:
    browser.driver.get(f"{browser.home}/index")
    if attribute(browser, "lang") != language:
        browser.press(f"button[name=language][value={language}]")
    assert attribute(browser, "lang") == language


def attribute(browser: Chromium, name: str) -> str | None:
    return browser.driver.find_element(By.TAG_NAME, "html").get_attribute(name)


def look_at_an_edit(browser: Chromium) -> None:
    """Have another speaker of a statement that people were shown looked at, and not kept."""
    browser.driver.get(f"{browser.home}/statements/3")
    speaker = browser.find("#speaker")
    speaker.clear()
    speaker.send_keys("صفحة محلية على فيسبوك")
    browser.press("form[action$='/edit'] button")
    assert browser.find("button[name=tell].primary").get_attribute("value") == "no"


def tick_two(browser: Chromium) -> None:
    """Have two clusters ticked, and what can be done with them shown."""
    browser.open("/inbox?order=people")
    for box in browser.driver.find_elements(By.CSS_SELECTOR, "[name=cluster]")[:2]:
        box.click()
    browser.find("#bulk summary").click()
    assert browser.find("[data-ticked]").text == "(2)"


def look_at_a_rejection(browser: Chromium) -> None:
    tick_two(browser)
    browser.press("#bulk .danger")
    assert "/inbox/reject" in browser.driver.current_url


def look_at_a_merge(browser: Chromium) -> None:
    tick_two(browser)
    browser.press("#bulk [formaction*=merge]")
    assert browser.find("[name=keep]").is_selected()


def look_at_a_problem(browser: Chromium) -> None:
    """Have a day sent that nothing can be put off until."""
    tick_two(browser)
    browser.driver.execute_script("document.querySelector('#bulk-until').value = '1999-01-01'")
    browser.press("#bulk [formaction*=snooze]")
    assert browser.find("[role=alert]").is_displayed()
    assert browser.find("[name=cluster]").is_selected()


def fill_in_an_answer(browser: Chromium) -> None:
    """Have a report read that answers a claim, and look at what people would read of it."""
    browser.driver.get(f"{browser.home}/clusters/1/report")
    browser.find("#body").send_keys(f"{BODY} وأضافت أن الجسر القديم مفتوح أمام المشاة كل يوم.")
    browser.find("#title").send_keys("البلدية: الجسر القديم مفتوح")
    browser.find("#publisher").send_keys("نشرة المدينة")
    browser.press("main form button.primary")
    browser.find("input[value=REFUTES]").click()
    browser.find("main form details:has(#note_ar) summary").click()
    browser.find("#note_ar").send_keys("الصورة المتداولة من عام 2019. الجسر مفتوح.")
    browser.press("main form .actions button")
    assert browser.find("button[formaction$='/report/answer']").is_displayed()


def look_at_a_note(browser: Chromium) -> None:
    """Have a note written with a statement that answers a claim, and look at what is read then."""
    browser.driver.get(f"{browser.home}/clusters/2/answer?statement=1&relation=REFUTES")
    browser.press("button[formaction$='/attach']")
    browser.press("a.button[href*='/note']")
    browser.find("#note_ar").send_keys("الخبز لم يُذكر في التقرير. السعر كما كان.")
    browser.find("#note_en").send_keys(
        "The report does not speak of bread. The price is as before."
    )
    browser.press("main form button.primary")
    assert browser.find("button[name=tell]").get_attribute("value") == "no"


def publish_a_copy(sessions: Sessions) -> None:
    """Have another publisher say word for word what the first statement says."""
    with sessions.begin() as session:
        text = session.get_one(Statement, 1).text
        draft = ReportDraft("عن الجسر", "إذاعة الوادي", statements=(StatementDraft(text),))
        curation.publish(session, reports.store(session, draft).statement_ids, key_of(2))


def look_at_statements_made_one(browser: Chromium) -> None:
    browser.driver.get(f"{browser.home}/statements/1")
    browser.find("input[name=other]").click()
    browser.press("form[action$='/merge'] button")
    assert browser.find("input[name=looked_at]").get_attribute("value") == "yes"


def look_at_reopening(browser: Chromium) -> None:
    """Answer a claim, and look at what is asked of whoever reopens it."""
    browser.driver.get(f"{browser.home}/clusters/2/answer?statement=1&relation=REFUTES")
    browser.press("main form button.primary")
    browser.press("form[action$='/reopen'] button")
    assert browser.find("button[value=take_back]").is_displayed()


#: Pages that are come to by what is done on others.
STEPS: dict[str, Callable[[Chromium], None]] = {
    "edit": look_at_an_edit,
    "new-answer-chosen": fill_in_an_answer,
    "inbox-ticked": tick_two,
    "bulk-rejection": look_at_a_rejection,
    "bulk-merge": look_at_a_merge,
    "inbox-with-a-problem": look_at_a_problem,
    "note-preview": look_at_a_note,
    "statements-made-one": look_at_statements_made_one,
    "reopening": look_at_reopening,
}


def focused(browser: Chromium) -> WebElement:
    return browser.driver.switch_to.active_element


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_looks_right_is_accessible_and_asks_nobody_else(
    browser: Chromium, axe: Path, language: str, size: tuple[int, int]
) -> None:
    speak(browser, language)
    browser.resize(size)
    for name in (*PAGES, *STEPS):
        if name in STEPS:
            STEPS[name](browser)
        else:
            browser.open(PAGES[name])
        assert attribute(browser, "dir") == ("rtl" if language == "ar" else "ltr")
        too_wide = browser.driver.execute_script(
            "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
        )
        assert too_wide <= 0, name
        width = "desktop" if size == DESKTOP else "phone"
        browser.screenshot(f"{name}-{language}-{width}")
        refused = "the server responded" if name in REFUSED else None
        complaints = [c for c in browser.complaints() if refused is None or refused not in c]
        assert complaints == [], name
        assert browser.strangers() == [], name
        if size == DESKTOP:
            # In one step: a part of the page that reloads itself may go between two.
            browser.driver.execute_script(
                "document.querySelectorAll('details').forEach(each => { each.open = true; })"
            )
            assert browser.violations(axe) == [], name


def test_axe_would_find_something(browser: Chromium, axe: Path) -> None:
    browser.driver.get(f"{browser.home}/people")
    browser.driver.execute_script(
        "document.querySelector('label').remove(); document.documentElement.lang = ''"
    )
    assert len(browser.violations(axe)) == 2


def test_the_inbox_is_worked_by_keyboard(browser: Chromium) -> None:
    speak(browser, "en")
    driver = browser.driver
    driver.get(f"{browser.home}/inbox?order=people")
    body = driver.find_element(By.TAG_NAME, "body")
    titles = [each.text for each in driver.find_elements(By.CSS_SELECTOR, "a.title")]
    for key, row in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)):
        focused(browser).send_keys(key)
        assert focused(browser).text == titles[row]
    focused(browser).send_keys("r")
    assert focused(browser).text == "Spam"
    body.send_keys("?")
    dialog = driver.find_element(By.TAG_NAME, "dialog")
    assert dialog.is_displayed()
    dialog.find_element(By.TAG_NAME, "button").click()
    assert not dialog.is_displayed()
    with browser.turning():
        driver.find_element(By.CSS_SELECTOR, "a.title").send_keys("a")
    assert "assigned" in driver.find_element(By.ID, "content").text
    driver.get(f"{browser.home}/inbox?order=people")
    driver.find_element(By.TAG_NAME, "body").send_keys("j")
    focused(browser).send_keys(Keys.ENTER)
    WebDriverWait(driver, 30).until(lambda d: "/clusters/1" in d.current_url)


def test_new_claims_are_shown_when_asked_for_and_nothing_else_moves(
    console: Console, browser: Chromium
) -> None:
    speak(browser, "en")
    browser.resize((1280, 420))
    browser.open("/inbox?order=people&language=en")
    driver = browser.driver

    def rows() -> list[str]:
        return [each.text for each in driver.find_elements(By.CSS_SELECTOR, "a.title")]

    def at(row: str, control: str) -> WebElement:
        found = browser.find(f"[data-row='{row}']")
        driver.execute_script("arguments[0].scrollIntoView()", found)
        return found.find_element(By.CSS_SELECTOR, control)

    def place() -> float:
        return float(
            driver.execute_script(
                "return document.querySelector('[data-row=\"5\"]').getBoundingClientRect().top"
            )
        )

    def told(words: str) -> None:
        driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
        WebDriverWait(driver, 30).until(lambda _: words in browser.find("[data-news]").text)

    before = rows()
    at("5", "[name=cluster]").click()
    there = place()
    add_cluster(console.sessions, "The airport is closed")
    told("1 new claim")
    add_cluster(console.sessions, "The harbour is closed")
    told("2 new claims")
    assert rows() == before
    assert abs(place() - there) < 2
    browser.find("[data-show]").click()
    WebDriverWait(driver, 30).until(lambda _: len(rows()) == len(before) + 2)
    assert rows()[2:] == before
    assert abs(place() - there) < 2
    assert "at the top of the list" in browser.find("[data-news]").text
    assert browser.find("[data-row='5'] [name=cluster]").is_selected()
    assert browser.find("[data-ticked]").text == "(1)"
    # What was put there is handled as the others are, and leads back to this list.
    at("7", "[name=cluster]").click()
    assert browser.find("[data-ticked]").text == "(2)"
    with browser.turning():
        at("8", "[data-key=s]").click()
    assert "since" not in driver.current_url
    assert "order=people" in driver.current_url
    assert browser.complaints() == []


def test_words_marked_in_the_text_are_offered_as_a_statement(browser: Chromium) -> None:
    driver = browser.driver
    driver.get(f"{browser.home}/reports/1")
    driver.execute_script(
        "const marks = document.querySelectorAll('[data-body] mark');"
        "document.getSelection().selectAllChildren(marks[marks.length - 1])"
    )
    offered = driver.find_element(By.ID, "marked")
    WebDriverWait(driver, 30).until(
        lambda _: (offered.get_attribute("value") or "").startswith("وأكد المتحدث")
    )


def test_the_main_path_works_without_scripts(console: Console) -> None:
    with chromium(console.url) as browser:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        # Without scripts the driver cannot scroll to what it clicks.
        browser.resize((1280, 3000))
        browser.open(f"/sign-in?token={console.link()}")
        browser.press("button.primary")
        browser.open("/reports/new?cluster=2")
        browser.find("#body").send_keys("سعر الخبز\nأعلنت الوزارة أن سعر الخبز لم يتغير منذ عام.")
        browser.press("main button.primary")
        browser.find("[name=proposal]").click()
        browser.press("form[action$='/statements'] button")
        browser.press("a[href*='relation=REFUTES']")
        browser.press("main button.primary")
        assert "/clusters/2" in browser.driver.current_url
        assert browser.find(".said").is_displayed()
        assert browser.find(".tag.answered").is_displayed()
        look_at_an_edit(browser)
        browser.press("button[name=tell][value=no]")
        assert "/statements/3" in browser.driver.current_url
        assert browser.find(".said").is_displayed()
        browser.open("/inbox?language=en&order=newest")
        browser.find("[name=cluster]").click()
        browser.find("#bulk summary").click()
        browser.press("#bulk .danger")
        browser.press("main button.danger")
        assert "language=en" in browser.driver.current_url
        assert "1" in browser.find(".said").text


def test_on_a_phone_every_page_is_within_reach_and_the_bar_comes_with_a_tick(
    browser: Chromium,
) -> None:
    browser.resize(PHONE)
    for language in ("ar", "en"):
        speak(browser, language)
        browser.open("/inbox")
        width = browser.driver.execute_script("return document.documentElement.clientWidth")
        for link in browser.driver.find_elements(By.CSS_SELECTOR, ".masthead nav a"):
            place = link.rect
            assert link.is_displayed()
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= width
        bar = browser.find("#bulk")
        assert not bar.is_displayed()
        browser.driver.find_element(By.CSS_SELECTOR, ".tick input").click()
        assert bar.is_displayed()
        browser.driver.find_element(By.CSS_SELECTOR, ".tick input").click()
        assert not bar.is_displayed()

"""A real browser: Debian's chromium, watched for errors and for requests elsewhere."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

#: Names the folder where screenshots are kept. Nobody looks at them otherwise, and each costs more
#: than its page.
SCREENSHOTS = "SCREENSHOTS"
DESKTOP, PHONE = (1280, 900), (390, 844)
_HIGHEST = 6000
#: Seconds that a page may take; reached only where it never comes.
_PATIENCE = 60
_AXE = "axe-core@4.14.1"
#: What axe calls the violations that keep somebody out.
_GRAVE = {"serious", "critical"}


@dataclass(frozen=True)
class Chromium:
    """A browser on the console."""

    driver: webdriver.Chrome
    home: str

    def open(self, path: str) -> None:
        """Open a page."""
        self.driver.get(self.home + path)

    def find(self, selector: str) -> WebElement:
        """Return the first element of the page that a CSS selector names."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, selector: str) -> None:
        """Click what leads to another page, and wait for it."""
        with self.turning():
            self.find(selector).click()

    @contextmanager
    def turning(self) -> Iterator[None]:
        """Wait for the page that the body leads to: what was found before is stale by then.

        The page that is left carries a mark. Asking the driver for a node of a page that is just
        going fails now and then; so does a script, and is asked again.
        """
        self.driver.execute_script("window.left = true")
        yield
        waiting = WebDriverWait(self.driver, _PATIENCE, ignored_exceptions=(WebDriverException,))
        waiting.until(
            lambda d: d.execute_script("return !window.left && document.readyState === 'complete'")
        )

    def resize(self, size: tuple[int, int]) -> None:
        """Give the page a width and a height, as a phone's if it is narrow."""
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": width,
                "height": height,
                "deviceScaleFactor": 1,
                "mobile": width < 600,
            },
        )

    def screenshot(self, name: str) -> None:
        """Keep a picture of the whole page for who asked for one."""
        if folder := os.environ.get(SCREENSHOTS):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.picture(Path(folder) / f"{name}.png")

    def picture(self, file: Path) -> None:
        """Write a picture of the whole page: the window is made as high as it is."""
        page = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        width = int(self.driver.execute_script("return window.innerWidth"))
        self.resize((width, min(int(page["height"]), _HIGHEST)))
        self.driver.save_screenshot(str(file))
        self.resize(PHONE if width == PHONE[0] else DESKTOP)

    def _log(self, kind: str) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last time."""
        return [str(entry["message"]) for entry in self._log("browser")]

    def strangers(self) -> list[str]:
        """Return the addresses elsewhere that pages asked for since the last time."""
        asked = []
        for entry in self._log("performance"):
            message = json.loads(str(entry["message"]))["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        ours = urlsplit(self.home).netloc
        return [
            url
            for url in asked
            if urlsplit(url).scheme not in ("data", "about", "chrome")
            and urlsplit(url).netloc != ours
        ]

    def violations(self, axe: Path) -> list[str]:
        """Return the grave violations of accessibility that axe finds on the page."""
        self.driver.execute_script(axe.read_text("utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']})"
            ".then(done, error => done({error: String(error)}))"
        )
        assert "error" not in found, found
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            f" {each['nodes'][0].get('failureSummary', '')[:300]}"
            for each in found["violations"]
            if each["impact"] in _GRAVE
        ]


@contextmanager
def chromium(home: str) -> Iterator[Chromium]:
    """Give a browser for the console at ``home``; skips the test where none is installed."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium chromium-driver)")
    options = Options()
    options.binary_location = program
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--hide-scrollbars",
        "--lang=en",
        # Smooth scrolling moves what is to be clicked away from under the click.
        "--force-prefers-reduced-motion",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        browser.set_page_load_timeout(_PATIENCE)
        browser.set_script_timeout(_PATIENCE)
        yield Chromium(browser, home)
    finally:
        browser.quit()


def axe_core(cache: Path) -> Path:
    """Return axe-core's file, fetched once by npm; skips the test where npm cannot bring it."""
    file = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed (Debian: apt-get install npm)")
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", _AXE],
            cwd=cache,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"npm cannot bring {_AXE}: {done.stderr.strip()[-200:]}")
    return file

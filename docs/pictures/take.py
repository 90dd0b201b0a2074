"""Takes the pictures of the README from a running demo: `python docs/pictures/take.py http://127.0.0.1:8000`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WINDOW = {"width": 1440, "height": 860}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def take(address: str) -> None:
    """Sign in as Bea the buyer, open the shortage of the tour beside her queue, and take the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        page = browser.new_context(viewport=WINDOW, base_url=address, locale="en-GB").new_page()
        page.goto("/login/")
        page.fill("[name=username]", "bea")
        page.fill("[name=password]", "rightline")
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
        page.click("text=82 of 100 offered")
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_selector("text=Customer orders at risk")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=HERE / "queue.png")
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1])

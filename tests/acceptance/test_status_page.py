"""The status page in a real browser: what it shows, to whom it speaks, and what it cannot run."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from syncd.core.overview import Condition
from syncd.ledger import Ledger

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def scene() -> ModuleType:
    """The script of the pictures: its month is looked at here as well."""
    spec = importlib.util.spec_from_file_location("status_page", DOCS / "status_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser(scene: ModuleType) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=scene.CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(scene: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    def fill(ledger: Ledger) -> None:
        scene.fill_month(ledger)
        shown = ledger.conditions.get("fairs")
        assert shown is not None
        ledger.conditions.save("fairs", replace(shown, problems=(*shown.problems, HOSTILE)))
        ledger._db.execute("UPDATE worksheets SET title = ? WHERE title = 'Hannover'", [HOSTILE])
        late = scene.NOW - timedelta(hours=3)
        ledger.conditions.save("emea", Condition(at=late, looked_at=late, patience=6))

    with scene.serve(tmp_path_factory.mktemp("page"), fill, scene.NOW) as url:
        yield url


def visit(browser: Browser, url: str, *, width: int = 1100, scheme: str = "light") -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(url)
    return page


def test_it_tells_what_is_wrong_and_what_to_do_and_runs_nothing_that_it_is_told(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    troubles = page.locator(".troubles li")
    expect(troubles.filter(has_text="syncd batches resolve 3f2a77c0914e")).to_have_count(1)
    expect(troubles.filter(has_text="Nothing was read for 180 minutes.")).to_have_count(1)
    expect(troubles.filter(has_text=HOSTILE)).to_have_count(1)
    expect(page.get_by_role("cell", name=HOSTILE)).to_be_visible()
    expect(page.locator(".verdict")).to_have_text("not ready")
    assert page.title().startswith("syncd: ")
    assert page.locator("img, script").count() == 0
    assert complaints == []  # what the policy forbids would be told here
    assert [url for url in asked if not url.endswith("/favicon.ico")] == [address]


def test_the_picture_has_a_bar_for_each_day_that_cost_and_the_cap_above(
    browser: Browser, address: str
) -> None:
    page = visit(browser, address)
    heights = [
        box["height"] for bar in page.locator("svg rect").all() if (box := bar.bounding_box())
    ]
    assert len(heights) == 30
    assert sum(height > 5 for height in heights) == 22  # of 30 days from a Monday
    cap = page.locator("svg .cap").bounding_box()
    dearest = min(box["y"] for bar in page.locator("svg rect").all() if (box := bar.bounding_box()))
    assert cap is not None
    assert cap["y"] <= dearest + 1
    expect(page.get_by_role("img")).to_have_accessible_name(
        "Credits of the last 30 days: 7,110 in all, 498 on the dearest. "
        "The dashed line is the cap of 500 a day, as it is now."
    )


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_nothing_sticks_out_on_a_screen_of_any_width(
    browser: Browser, address: str, width: int
) -> None:
    page = visit(browser, address, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_text("5b1c09d2e7a4")).to_be_visible()


def test_it_is_dark_where_people_want_it_dark(browser: Browser, address: str) -> None:
    grounds = [
        visit(browser, address, scheme=scheme).evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(244, 243, 239)", "rgb(18, 20, 22)"]


def test_the_pictures_of_it_are_as_wide_as_their_screens(scene: ModuleType) -> None:
    for name, (width, _, _) in scene.SHOTS.items():
        header = (DOCS / "pictures" / f"{name}.png").read_bytes()[16:20]
        assert int.from_bytes(header, "big") == width

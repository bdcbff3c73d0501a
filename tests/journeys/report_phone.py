"""A courier's telephone for 随手拍, and what a thumb does on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User
from tests.factories import signed_in
from tests.factories.reports import HERE

NEW = "/reports/new/"
KEPT = "() => JSON.parse(localStorage.getItem('fengchao-drafts') || '[]')"
PICTURES = """() => new Promise((done) => {
  const asked = indexedDB.open('fengchao-photos', 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore('files');
  asked.onsuccess = () => {
    const counted = asked.result.transaction('files').objectStore('files').count();
    counted.onsuccess = () => { asked.result.close(); done(counted.result); };
  };
})"""


@contextmanager
def telephone(
    browser: Browser, base: str, user: User | None, *, here: bool = True, **options: Any
) -> Iterator[tuple[BrowserContext, Page, list[str]]]:
    """A telephone at the scene. The list gathers what the page itself did wrong."""
    if here:
        options |= {"geolocation": {"latitude": HERE.lat, "longitude": HERE.lng, "accuracy": 18},
                    "permissions": ["geolocation"]}  # fmt: skip
    context = browser.new_context(base_url=base, viewport={"width": 360, "height": 780}, locale="zh-CN", **options)
    context.set_default_timeout(15_000)
    if user is not None:
        sign_in(context, base, user)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield context, page, faults
    context.close()
    assert faults == []


def sign_in(context: BrowserContext, base: str, user: User) -> None:
    session = signed_in(Client(), user).cookies[django_settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": base}])


def choose_litter(page: Page) -> None:
    page.locator("summary", has_text="积存垃圾").click()
    page.get_by_role("link", name="暴露垃圾").click()
    page.get_by_label("一车").check()


def fill(page: Page, text: str = "路口一大堆") -> None:
    choose_litter(page)
    page.fill("[name=text]", text)
    page.fill("[name=place]", "解放大道口")


def add(page: Page, *paths: Path) -> None:
    page.locator("[data-take]").nth(1).set_input_files([str(path) for path in paths])


def send(page: Page) -> None:
    page.get_by_role("button", name="提交", exact=True).click()


def becomes(page: Page, what: str, wanted: Any) -> None:
    """What a page keeps it writes and forgets behind its own back."""
    for _ in range(200):
        if page.evaluate(what) == wanted:
            return
        page.wait_for_timeout(50)
    assert page.evaluate(what) == wanted


def narrow(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))

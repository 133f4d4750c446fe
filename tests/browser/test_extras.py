"""Times, listening, sharing, the carousel, large photos; and the page without any script."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

from .conftest import WINDOW, Newsroom
from .proxy import Proxy
from .reader import SOON, article, expect_feed
from .waiting import until

VOICE = """
    window.spoken = [];
    const voices = [{ lang: 'en-US', name: 'A voice' }];
    Object.defineProperty(window, 'speechSynthesis', { value: {
        getVoices: () => voices, addEventListener() {}, removeEventListener() {}, cancel() { window.spoken.push('—') },
        speak(utterance) { window.spoken.push(utterance.text); window.utterance = utterance },
    } });
"""


# ── Without script ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def plain(chromium: Browser, network: Proxy) -> Iterator[Page]:
    """A browser without JavaScript."""
    context = chromium.new_context(java_script_enabled=False, base_url=f"http://localhost:{network.port}")
    yield context.new_page()
    context.close()


def test_everything_can_be_read_and_paged_without_script(newsroom: Newsroom, plain: Page) -> None:
    posted = newsroom.fill(WINDOW * 2 + 1)
    plain.goto(newsroom.path)
    read = []
    for _page in range(3):
        articles = plain.locator("ol.feed article")
        read += [articles.nth(number).get_attribute("data-id") for number in range(articles.count())]
        older = plain.get_by_role("link", name="Older updates")
        if older.count():
            older.click()
    assert read == [str(update.pk) for update in posted]
    plain.goto(newsroom.path)
    new = newsroom.post("News")
    until(lambda: "News" in plain.request.get(newsroom.path).text())
    plain.get_by_role("link", name="Refresh for new updates").click()
    expect(article(plain, new)).to_contain_text("Paragraph 2")
    for button in ("Listen", "Pause updates", "Previous"):
        assert not plain.get_by_role("button", name=button).is_visible()
    plain.get_by_role("link", name="Event 13").first.click()
    expect(plain.locator("h1")).to_have_text("Event 13")


# ── Times ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_times_are_relative_and_in_the_readers_zone(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    old = newsroom.post("Old", published_at=newsroom.at(5))
    page = read(newsroom.path)
    new = newsroom.post("New")
    beside = article(page, new).locator(".relative").first
    expect(beside).to_contain_text("this minute")
    expect(beside).to_contain_text("your time")
    expect(article(page, old).locator(".relative").first).not_to_contain_text("ago")
    expect(page.locator(".updated .relative")).to_contain_text("this minute")
    expect(article(page, new).locator("time").first).to_contain_text("EE")  # EET or EEST: the story's own


@pytest.mark.parametrize("wrong", [-600_000, 600_000])
def test_a_wrong_clock_is_corrected(wrong: int, newsroom: Newsroom, page: Page) -> None:
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {wrong}")
    newsroom.fill(1)
    page.goto(newsroom.path)
    new = newsroom.post("New")
    expect(article(page, new).locator(".relative").first).to_contain_text("this minute", timeout=20_000)


# ── Listening ───────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_to_listen_with(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """This browser has no voices, and the update has no audio."""
    (only,) = newsroom.fill(1)
    page = read(only.get_absolute_url())
    expect(page.get_by_role("button", name="Listen")).to_have_count(0)


def test_the_browser_speaks(newsroom: Newsroom, page: Page) -> None:
    page.add_init_script(VOICE)
    update = newsroom.post("A headline", body="<p>First.</p><ul><li>Second.</li></ul>")
    page.goto(update.get_absolute_url())
    listen = page.locator("#story listen-button")
    button = listen.get_by_role("button").first
    expect(button).to_have_text("Listen 1 min")
    button.click()
    expect(button).to_have_text("Pause")
    page.evaluate("utterance.onend()")
    assert page.evaluate("spoken") == ["A headline", "First."]
    updates.edit(update, correction="Put right.")  # what is being said goes on, and so does the button
    expect(page.locator("#story")).to_contain_text("Put right.", timeout=SOON)
    expect(button).to_have_text("Pause")
    button.click()
    expect(button).to_have_text("Continue")
    button.click()
    assert page.evaluate("spoken") == ["A headline", "First.", "—", "First."]
    page.evaluate("utterance.onend()")
    page.evaluate("utterance.onend()")
    expect(button).to_have_text("Listen 1 min")
    assert page.evaluate("spoken.slice(4)") == ["Second."]
    button.click()
    listen.get_by_role("button", name="Stop").click()
    expect(button).to_have_text("Listen 1 min")
    expect(button).to_be_focused()


def test_the_browser_speaks_of_a_coverage_and_is_not_interrupted_by_its_news(newsroom: Newsroom, page: Page) -> None:
    page.add_init_script(VOICE)
    coverages.edit(newsroom.coverage, summary="All of it.")
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("First."), KeyPointContent("Second.")])
    newsroom.fill(1)
    page.goto(newsroom.path)
    button = page.locator(".toolbar listen-button button").first
    expect(button).to_have_text("Listen 1 min")
    button.click()
    page.evaluate("utterance.onend()")
    new = newsroom.post("News")
    coverages.edit(newsroom.coverage, headline="Another headline")
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("Third.")])
    expect(page.locator("h1")).to_have_text("Another headline")
    expect(article(page, new)).to_be_attached()
    expect(page.locator("#know li")).to_have_text(["Third."])
    expect(button).to_have_text("Pause")
    for _rest in ("First.", "Second.", "the end"):
        page.evaluate("utterance.onend()")
    assert page.evaluate("spoken") == ["The day in Kyiv", "All of it.", "First.", "Second."]
    expect(button).to_have_text("Listen 1 min")


# ── Links ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_share_copies_where_the_system_shares_nothing(newsroom: Newsroom, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("Object.defineProperty(navigator, 'share', { value: undefined })")
    (only,) = newsroom.fill(1)
    page.goto(newsroom.path)
    article(page, only).get_by_role("link", name="Share").click()
    expect(page.locator(".copied")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(only.get_absolute_url())


def test_share_as_the_system_does(newsroom: Newsroom, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'share', { value: async (what) => void (window.shared = what) })"
    )
    (only,) = newsroom.fill(1)
    page.goto(newsroom.path)
    article(page, only).get_by_role("link", name="Share").click()
    shared = page.wait_for_function("() => window.shared").json_value()
    assert shared["title"] == only.headline
    assert shared["url"].endswith(only.get_absolute_url())
    assert page.url.endswith(newsroom.path)


def test_a_photo_opens_large(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    picture = BytesIO()
    Image.new("RGB", (640, 480), "navy").save(picture, "JPEG")
    photo = sources.add_photo(
        image=SimpleUploadedFile("navy.jpg", picture.getvalue(), "image/jpeg"), alt="Navy blue", caption="All blue."
    )
    update = newsroom.post("With a photo", photos=[PlacedPhoto(photo)])
    page = read(newsroom.path)
    link = article(page, update).locator("[data-enlarge]")
    link.click()
    dialog = page.get_by_role("dialog", name="Navy blue")
    expect(dialog.get_by_role("img", name="Navy blue")).to_be_visible()
    expect(dialog).to_contain_text("All blue.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


# ── The carousel ────────────────────────────────────────────────────────────────────────────────────────────


def test_carousel(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    points = [KeyPointContent(f"Point {number} of what there is to know about this day.") for number in (1, 2, 3)]
    coverages.set_key_points(newsroom.coverage, points)
    (only,) = newsroom.fill(1)
    page = read(only.get_absolute_url())
    page.set_viewport_size({"width": 390, "height": 800})
    carousel = page.locator("swipe-list.carousel")
    place = carousel.locator("[data-place]")
    expect(place).to_have_text("1/3")
    expect(carousel.locator("ol")).to_have_attribute("tabindex", "0")  # what scrolls can be reached by keyboard
    carousel.get_by_role("button", name="Next").click()
    expect(place).to_have_text("2/3")
    expect(carousel.get_by_text("Point 2 ")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("3/3")
    expect(carousel.get_by_text("Point 3 ")).to_be_in_viewport(ratio=0.9)
    expect(carousel.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text("2/3")
    # One more before it: the place is kept, not the number.
    standing = list(newsroom.coverage.key_points.all())
    coverages.set_key_points(
        newsroom.coverage,
        [KeyPointContent("Now first."), *(KeyPointContent(point.text, pk=point.pk) for point in standing)],
    )
    expect(place).to_have_text("3/4", timeout=SOON)
    expect(carousel.get_by_text("Point 2 ")).to_be_in_viewport(ratio=0.9)
    carousel.get_by_role("link", name="Press Enter to skip").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("End of carousel", exact=True)).to_be_focused()
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("One.")])
    expect(carousel.locator("ol")).not_to_have_attribute("tabindex", "0", timeout=SOON)


def test_an_update_posted_while_the_page_was_loading(newsroom: Newsroom, page: Page) -> None:
    """What came between the page's version and its first question is caught up with."""
    posted = newsroom.fill(2)
    new = []
    page.route("**/live.*.js", lambda route: (new.append(newsroom.post("In between")), route.continue_()))
    page.goto(newsroom.path)
    expect_feed(page, [*new, *posted])

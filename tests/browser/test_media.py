"""Galleries and sound, in a browser: by keyboard, by finger, and while updates come in."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from articles.models import Update
from articles.publishing import PlacedPhoto, coverages, sources, updates
from tests.articles.media.test_audio import sound as wave_file

from .conftest import Newsroom
from .reader import SHIFTED, SOON, article

pytestmark = pytest.mark.django_db(transaction=True)
AT_REST = """number => {
  const { children, scrollLeft } = document.querySelector('.gallery ol');
  return Math.abs(scrollLeft - children[number].offsetLeft + children[0].offsetLeft) < 2;
}"""
GALLERY = "Photos: Three photos"
HEAR_THE_END = "document.addEventListener('ended', ({ target }) => { window.ended = target.currentTime }, true)"
HEIGHTS = "[...document.querySelectorAll('figure')].map((one) => one.offsetHeight)"
PAINTED = """(images) => images.map((one) => {
  const { objectFit } = getComputedStyle(one);
  const fitting = Math.min(one.clientWidth / one.naturalWidth, one.clientHeight / one.naturalHeight);
  return one.naturalWidth * (objectFit === 'scale-down' ? Math.min(1, fitting) : fitting);
})"""
"""How wide each is within its frame, in CSS pixels."""


def picture(colour: str, size: tuple[int, int] = (600, 400)) -> PlacedPhoto:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    file = SimpleUploadedFile(f"{colour}.jpg", data.getvalue(), "image/jpeg")
    return PlacedPhoto(sources.add_photo(image=file, alt=f"All {colour}", credit="Ann Lee"), f"It is {colour}.")


def sound(seconds: float) -> SimpleUploadedFile:
    return SimpleUploadedFile("talks.wav", wave_file(seconds), "audio/wav")


def swipe(page: Page, list: Locator) -> None:
    """With a finger, from right to left."""
    list.scroll_into_view_if_needed()
    box = list.bounding_box()
    assert box
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    places = [{"x": box["x"] + box["width"] * across / 10, "y": box["y"] + 40} for across in range(9, 0, -1)]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


# ── Galleries ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def gallery(newsroom: Newsroom) -> Update:
    photos = [picture("navy"), picture("teal", (400, 600)), picture("plum", (900, 300))]
    return newsroom.post("Three photos", photos=photos)


def told(page: Page) -> list[str]:
    """What a screen reader is given of the gallery, in order: roles with names, and text."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    said: list[str] = []

    def read(node: dict[str, Any]) -> None:
        role, name = node["role"]["value"], node.get("name", {}).get("value", "").strip()
        if not node["ignored"] and role not in {"generic", "Figcaption", "InlineTextBox"}:
            said.append(name if role == "StaticText" else f"{role} {name}".strip())
        if role != "button":
            for one in node["childIds"]:
                read(by_id[one])

    read(next(node for node in nodes if node.get("name", {}).get("value") == GALLERY))
    return [one for one in said if one]


def test_a_gallery_by_keyboard(gallery: Update, newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    page = read(newsroom.path)
    group = article(page, gallery).get_by_role("group", name=GALLERY)
    expect(group.get_by_role("listitem")).to_have_count(3)
    place = group.locator("[data-place]")
    expect(place).to_have_text("1/3")
    expect(place).to_have_attribute("aria-live", "polite")
    expect(group.get_by_role("link", name="All navy")).to_have_accessible_description("Enlarge")
    assert told(page) == [
        f"group {GALLERY}", "list",
        *("listitem", "figure", "link All navy", "image All navy", "It is navy.", "(Ann Lee)"),
        *("listitem", "figure", "link All teal", "image All teal", "It is teal.", "(Ann Lee)"),
        *("listitem", "figure", "link All plum", "image All plum", "It is plum.", "(Ann Lee)"),
        *("button Previous", "1/3", "button Next"),
    ]  # fmt: skip
    group.locator("ol").focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("2/3")
    expect(group.get_by_role("img", name="All teal")).to_be_in_viewport(ratio=0.95)
    expect(group.get_by_text("It is teal. (Ann Lee)")).to_be_in_viewport(ratio=0.95)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # there is no fourth
    expect(place).to_have_text("3/3")
    expect(group.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Tab")  # while it scrolls: to the photo that is shown, none before it
    expect(group.get_by_role("link", name="All plum")).to_be_focused()
    page.wait_for_function(AT_REST, arg=2)
    page.keyboard.press("ArrowLeft")  # takes the focus along
    expect(group.get_by_role("link", name="All teal")).to_be_focused()
    page.wait_for_function(AT_REST, arg=1)
    group.get_by_role("button", name="Previous").focus()
    page.keyboard.press("Enter")
    expect(place).to_have_text("1/3")
    page.keyboard.press("Shift+Tab")
    expect(group.get_by_role("link", name="All navy")).to_be_focused()
    group.get_by_role("link", name="All plum").focus()  # as a screen reader leads there
    page.wait_for_function(AT_REST, arg=2)
    expect(place).to_have_text("3/3")
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name=GALLERY)
    expect(large.get_by_role("img", name="All plum")).to_be_in_viewport(ratio=0.95)
    expect(large.locator("[data-place]")).to_have_text("3/3")
    page.keyboard.press("ArrowLeft")
    expect(large.locator("[data-place]")).to_have_text("2/3")
    expect(large.get_by_role("img", name="All teal")).to_be_in_viewport(ratio=0.95)
    expect(large.get_by_text("It is teal. (Ann Lee)")).to_be_in_viewport(ratio=0.95)
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(group.get_by_role("link", name="All plum")).to_be_focused()


def test_a_gallery_is_swiped_and_keeps_its_place_when_it_is_changed(
    gallery: Update, newsroom: Newsroom, read: Callable[[str], Page]
) -> None:
    page = read(newsroom.path)
    group = article(page, gallery).locator("swipe-list")
    swipe(page, group.locator("ol"))
    expect(group.locator("[data-place]")).to_have_text("2/3")
    updates.edit(gallery, correction="Put right.")
    expect(article(page, gallery)).to_contain_text("Put right.", timeout=SOON)
    expect(group.locator("[data-place]")).to_have_text("2/3")
    (first, second, third) = gallery.photo_captions.select_related("photo")
    placed = [PlacedPhoto(one.photo, one.caption) for one in (first, second)]
    updates.edit(gallery, photos=[placed[0], placed[1]._replace(caption="A new caption.")])
    expect(group.locator("[data-place]")).to_have_text("2/2", timeout=SOON)
    group.get_by_text("A new caption.").scroll_into_view_if_needed()
    expect(group.get_by_text("A new caption. (Ann Lee)")).to_be_in_viewport(ratio=0.95)
    sources.edit_photo(second.photo, credit="Bo Lind")
    expect(group.get_by_text("A new caption. (Bo Lind)")).to_be_in_viewport(ratio=0.95, timeout=SOON)
    updates.edit(gallery, photos=placed[:1])
    expect(group).to_have_count(0, timeout=SOON)
    assert third.pk


@pytest.mark.parametrize("width", [390, 1280])
def test_no_photo_shifts_what_stands_below(width: int, newsroom: Newsroom, page: Page) -> None:
    """They arrive late, each in its own time."""
    coverages.edit(newsroom.coverage, lead=picture("gray", (800, 500)))
    newsroom.post("Gallery", photos=[picture("navy"), picture("teal", (400, 600))])
    newsroom.post("Tall", photos=[picture("plum", (400, 600))])
    newsroom.post("Small", photos=[picture("olive", (300, 200))])
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(SHIFTED)
    late: list[Any] = []

    def hold(route: Any) -> None:
        late.append(route)

    page.route("**/media/**", hold)
    page.goto(newsroom.path, wait_until="commit")
    expect(page.locator("swipe-list [data-place]")).to_have_text("1/2")
    expect(page.locator("swipe-list ol")).to_have_css("display", "flex")  # nothing is painted before its style is there
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    heights = page.evaluate(HEIGHTS)
    page.unroute("**/media/**", hold)  # which lets those go that it holds
    assert late
    for image in page.locator("figure img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("(image) => image.naturalWidth > 0", arg=image.element_handle())
    assert page.evaluate(HEIGHTS) == heights
    assert page.evaluate("shifted") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_no_photo_is_wider_than_its_own_pixels(width: int, newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    small, tiny, wide = picture("navy", (300, 200)), picture("teal", (40, 30)), picture("plum", (900, 600))
    coverages.edit(newsroom.coverage, lead=small)
    update = newsroom.post("Three sizes", photos=[small, tiny, wide])
    page = read(newsroom.path)
    page.set_viewport_size({"width": width, "height": 900})
    lead = page.locator('[data-slot="header"] .photo')
    assert lead.locator("img").bounding_box() == lead.locator("a").bounding_box() | {"width": 300, "height": 200}
    edges = [lead.locator(one).evaluate("(one) => one.getBoundingClientRect().left") for one in ("img", "figcaption")]
    assert edges[0] == edges[1]
    gallery = article(page, update)
    for image in gallery.locator("img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("(image) => image.naturalWidth > 0", arg=image.element_handle())
    assert gallery.locator("img").evaluate_all(PAINTED)[:2] == [300, 40]
    gallery.get_by_role("link", name="All teal").click()
    large = page.get_by_role("dialog").locator("img").nth(1)
    page.wait_for_function("(image) => image.naturalWidth > 0", arg=large.element_handle())
    assert large.evaluate("(one) => [getComputedStyle(one).objectFit, one.naturalWidth]") == ["scale-down", 40]


def test_one_photo_has_its_own_caption_in_each_place(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    photo = picture("navy").photo
    coverages.edit(newsroom.coverage, lead=PlacedPhoto(photo, "Above all."))
    one, other = (
        newsroom.post("One", photos=[PlacedPhoto(photo, "Here.")]),
        newsroom.post("Other", photos=[PlacedPhoto(photo)]),
    )
    sources.edit_photo(photo, caption="Anywhere.")
    page = read(newsroom.path)
    expect(page.locator('[data-slot="header"] figcaption')).to_have_text("Above all. (Ann Lee)")
    expect(article(page, one).locator("figcaption")).to_have_text("Here. (Ann Lee)")
    expect(article(page, other).locator("figcaption")).to_have_text("Anywhere. (Ann Lee)")


# ── Listening ───────────────────────────────────────────────────────────────────────────────────────────────


def test_sound_plays_to_its_end_while_updates_come_in(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    update = newsroom.post("The talks", audio=sound(3))
    page = read(update.get_absolute_url())
    story = page.locator("#story")
    button, audio = story.locator("listen-button button"), story.locator("audio")
    expect(button).to_have_text("Listen 1 min")
    expect(audio).to_be_hidden()
    page.evaluate(HEAR_THE_END)
    button.click()
    expect(audio).to_be_visible()
    expect(button).to_have_text("Pause")
    updates.edit(update, correction="Put right.")
    new = newsroom.post("News")
    expect(story).to_contain_text("Put right.", timeout=SOON)
    expect(article(page, new)).to_be_attached(timeout=SOON)
    told = page.evaluate("(({ title, artist }) => [title, artist])(navigator.mediaSession.metadata)")
    assert told == ["The talks", "The Meridian"]
    page.wait_for_function("() => window.ended !== undefined")
    assert page.evaluate("window.ended") == pytest.approx(3, abs=0.1)
    expect(button).to_have_text("Listen 1 min")


def test_a_coverage_is_listened_to_while_its_header_changes(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    coverages.edit(newsroom.coverage, audio=sound(4))
    page = read(newsroom.path)
    button, audio = page.locator(".toolbar listen-button button").first, page.locator(".toolbar audio").first
    expect(button).to_have_text("Listen 1 min")
    page.evaluate(HEAR_THE_END)
    button.click()
    expect(button).to_have_text("Pause")
    coverages.edit(newsroom.coverage, headline="What the day is called now")
    expect(page.locator("h1")).to_have_text("What the day is called now", timeout=SOON)
    expect(button).to_have_text("Pause")
    assert not audio.evaluate("(one) => one.paused")
    title = page.evaluate("navigator.mediaSession.metadata.title")
    assert title == newsroom.coverage.headline
    page.wait_for_function("() => window.ended !== undefined")
    assert page.evaluate("window.ended") == pytest.approx(4, abs=0.1)
    expect(button).to_have_text("Listen 1 min")


def test_the_place_is_remembered(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    update = newsroom.post("The talks", audio=sound(60))
    page = read(newsroom.path)
    audio = article(page, update).locator("audio")
    button = article(page, update).locator("listen-button button")
    button.click()
    expect(button).to_have_text("Pause")
    audio.evaluate("(one) => (one.currentTime = 30)")
    button.click()
    expect(button).to_have_text("Continue")
    read(newsroom.path)
    button.click()
    expect(button).to_have_text("Pause")
    assert audio.evaluate("(one) => one.currentTime") == pytest.approx(30, abs=5)
    audio.evaluate("(one) => (one.currentTime = 59.5)")
    expect(button).to_have_text("Listen 1 min")
    read(newsroom.path)
    button.click()
    assert audio.evaluate("(one) => one.currentTime") < 5  # heard to the end, it begins anew


def test_only_one_is_heard_at_a_time(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    one, other = newsroom.post("One", audio=sound(60)), newsroom.post("Other", audio=sound(60))
    page = read(newsroom.path)
    first, second = (article(page, update).locator("listen-button button") for update in (one, other))
    first.click()
    expect(first).to_have_text("Pause")
    second.click()
    expect(second).to_have_text("Pause")
    expect(first).to_have_text("Continue")
    assert article(page, one).locator("audio").evaluate("(audio) => audio.paused")

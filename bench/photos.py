"""Photos of 24 megapixels: what taking one in costs, what a phone downloads, and what readers notice of ten at once."""

import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from .newsroom import free_port, memory, running, serve
from .page import FLAGS
from .table import Row

SIZE = (6000, 4000)
TOGETHER = 10
SECONDS = 5
"""Of reading an idle server, before the uploads."""


def picture(number: int = 0) -> bytes:
    """A JPEG of SIZE with the detail of a photograph: smooth light, edges, and the grain of a sensor."""
    from PIL import Image, ImageChops, ImageFilter

    light = Image.effect_noise((12, 8), 120).resize(SIZE, Image.Resampling.BICUBIC)
    edges = Image.effect_noise((300, 200), 160).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(SIZE, 14).filter(ImageFilter.GaussianBlur(0.7))
    grey = ImageChops.overlay(ImageChops.overlay(light, edges), grain)
    colours = [grey.point(lambda value, s=shift: min(255, value * s // 100)) for shift in (104, 96, 80 + number)]
    data = io.BytesIO()
    Image.merge("RGB", colours).save(data, "JPEG", quality=92)
    return data.getvalue()


def measure(slug: str) -> Iterator[Row]:
    """Rows; `slug` names a live coverage without photos."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    data = picture()
    yield from _one(data)
    yield from _page()
    yield from _together(slug, data)


def _one(data: bytes) -> Iterator[Row]:
    from articles.media import photos

    begun = time.monotonic()
    taken = photos.take_in(io.BytesIO(data))
    first = time.monotonic() - begun
    suffix = Path(str(taken.file.name)).suffix
    planned = photos.plan(taken.width, taken.height, suffix, (50, 40))
    with photos.rendered(taken.file, suffix, planned) as folder:
        whole = time.monotonic() - begun
        peak = json.loads((folder / "facts.json").read_text())["memory"]
        sizes = {one.name: (folder / one.name).stat().st_size for one in planned}
    yield Row("a JPEG of 24 megapixels: to the first rendition that readers get", f"{first:.1f} s", _mb(taken.memory))
    yield Row(f"the same to all {len(planned)} renditions", f"{whole:.1f} s", _mb(peak))
    plain = _plain(data, [one for one in planned if one.name.endswith(suffix)])
    for name, size in plain.items():
        wide = name.removesuffix(suffix)
        own = "; ".join(f"{kind} {sizes[f'{wide}.{kind}']:,} B" for kind in photos.FORMATS if f"{wide}.{kind}" in sizes)
        yield Row(
            f"bytes at {wide}",
            f"{own or 'JPEG'}{';' if own else ''} {sizes[name]:,} B",
            f"plain Pillow, q85: {size:,} B",
        )


def _plain(data: bytes, planned: list[Any]) -> dict[str, int]:
    """What a resize with Pillow at quality 85, and nothing else, gives."""
    from PIL import Image

    sizes = {}
    with Image.open(io.BytesIO(data)) as image:
        for one in planned:
            scale = image.width / max(rendition.box[2] for rendition in planned)
            encoded = io.BytesIO()
            image.resize(one.size, Image.Resampling.LANCZOS, box=tuple(side * scale for side in one.box)).save(
                encoded, "JPEG", quality=85
            )
            sizes[one.name] = encoded.tell()
    return sizes


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB at its peak"


def _page() -> Iterator[Row]:
    from articles.publishing import PlacedPhoto, coverages, renditions, sources, updates

    coverage = coverages.start(coverages.create(headline="Ten photos", slug="ten-photos"))
    for number in range(TOGETHER):
        photo = sources.add_photo(image=_file(picture(number)), alt="A street", caption="A street", credit="Bench")
        renditions.render(photo)
        updates.post(coverage, headline=f"Photo {number}", photos=[PlacedPhoto(photo)])
    port = free_port()
    with running(*serve(port, 1), port=port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for density in (2, 3):
            size = {"width": 390, "height": 844}
            page = browser.new_context(viewport=size, device_scale_factor=density).new_page()
            asked: list[Any] = []
            page.on("requestfinished", lambda request, asked=asked: asked.append(request))
            page.goto(f"http://localhost:{port}/live/ten-photos/")
            for image in page.locator(".photo img").all():
                image.scroll_into_view_if_needed()
            page.wait_for_function("() => [...document.querySelectorAll('.photo img')].every(image => image.complete)")
            sizes = [(one.resource_type, one.sizes()["responseBodySize"]) for one in asked]
            photos = sum(size for kind, size in sizes if kind == "image")
            everything = sum(size for _kind, size in sizes)
            yield Row(
                f"a coverage with ten photos on a phone of 390 px at {density}×, read to its end",
                f"{everything:,} B",
                f"photos alone {photos:,} B",
            )
        browser.close()


def _file(data: bytes) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(data, "street.jpg")


def _together(slug: str, data: bytes) -> Iterator[Row]:
    """Ten uploads through the admin, while a reader asks for the page again and again."""
    port = free_port()
    with running(*serve(port, 1), port=port) as server:
        idle = _latencies(port, slug, lambda: time.sleep(SECONDS))
        peak = _Peak(server.pid)
        with peak, ThreadPoolExecutor(TOGETHER) as pool:
            upload = _uploader(port, data)
            begun = time.monotonic()
            busy = _latencies(port, slug, lambda: list(pool.map(lambda _: upload(), range(TOGETHER))))
            took = time.monotonic() - begun
    for name, at in (("median", 0.5), ("p95", 0.95)):
        before, during = (sorted(times)[int(len(times) * at)] * 1e3 for times in (idle, busy))
        yield Row(
            f"a reader's page while ten such photos are uploaded at once, {name}",
            f"{during:.2f} ms",
            f"idle {before:.2f} ms: {during / before:.1f}×",
        )
    yield Row("ten such photos uploaded at once: until all are taken in", f"{took:.0f} s", _mb(peak.most))


class _Peak:
    """The most memory that a process and all below it take."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most = pid, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            try:
                self.most = max(self.most, memory(self.pid))
            except OSError:  # one of them ended while it was looked at
                continue


def _latencies(port: int, slug: str, during: Callable[[], object]) -> list[float]:
    """Seconds that each of a reader's questions took, one every 20 ms, while `during` runs."""
    import http.client

    over, times = threading.Event(), []

    def read() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while not over.wait(0.02):
            begun = time.monotonic()
            connection.request("GET", f"/live/{slug}/", headers={"Host": f"localhost:{port}"})
            connection.getresponse().read()
            times.append(time.monotonic() - begun)

    reader = threading.Thread(target=read)
    reader.start()
    during()
    over.set()
    reader.join()
    return times


def _uploader(port: int, data: bytes) -> Callable[[], None]:
    """What uploads the picture through the admin, as an editor who has signed in does."""
    import urllib.request
    from http.cookies import SimpleCookie

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.middleware.csrf import _get_new_csrf_string

    from articles.access.sessions import SessionStore

    user = get_user_model().objects.create_superuser("bench")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.save()
    token = _get_new_csrf_string()
    cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session.session_key, "csrftoken": token})
    edge = "bench-edge"
    fields = {"csrfmiddlewaretoken": token, "focus_x": "50", "focus_y": "40", "alt": "A street", "_save": "Save"}
    parts = "".join(f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    head = f'--{edge}\r\nContent-Disposition: form-data; name="picture"; filename="street.jpg"\r\n'
    body = f"{parts}{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{edge}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "Cookie": "; ".join(f"{name}={one.value}" for name, one in cookies.items()),
        "Origin": f"http://localhost:{port}",
    }

    def upload() -> None:
        address = f"http://localhost:{port}/admin/articles/photo/add/"
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=300) as answer:
            assert answer.url.endswith("/admin/articles/photo/"), answer.read().decode()[:3000]

    return upload

"""Photos of 24 megapixels: what taking one in costs, what a phone downloads, and what readers notice of ten at once."""

import http.client
import io
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from .newsroom import free_port, memory, running, serve, text
from .page import FLAGS
from .table import Row

SIZE = (6000, 4000)
CONTRAST = 30
BLURRED = 48
"""Details per picture from which on those out of focus are gone."""
TOGETHER = 10
PHONE = {"width": 390, "height": 844}
SECONDS = 24
"""Of reading an idle server, before the uploads: about as long as these take, for a p99 needs its thousand answers."""


def picture() -> bytes:
    """A JPEG of SIZE with as much detail at each scale as photographs have (a spectrum of 1/f), sharp in part.

    With CONTRAST its renditions weigh more than those of nine in ten photographs that were tried.
    """
    from PIL import Image, ImageChops

    light, focus = Image.effect_noise((6, 4), 90), Image.effect_noise((6, 4), 200)
    while light.width < SIZE[0]:
        size = (light.width * 2, light.height * 2)
        detail, blur = Image.effect_noise(size, CONTRAST), Image.new("L", size, 128)
        if size[0] > BLURRED:
            detail = Image.composite(detail, blur, focus.resize(size, Image.Resampling.BICUBIC))
        light = ImageChops.overlay(light.resize(size, Image.Resampling.BICUBIC), detail)
    tint = Image.merge("RGB", [Image.effect_noise((6, 4), 24) for _ in range(3)])
    grey = Image.merge("RGB", [light.crop((0, 0, *SIZE))] * 3)
    data = io.BytesIO()
    ImageChops.overlay(grey, tint.resize(SIZE, Image.Resampling.BICUBIC)).save(data, "JPEG", quality=92)
    return data.getvalue()


def measure(slug: str) -> Iterator[Row]:
    """Rows; `slug` names a live coverage without photos."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    data = picture()
    yield from _one(data)
    yield from _page(data)
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


def _page(data: bytes) -> Iterator[Row]:
    _coverage_of_ten(data)
    port = free_port()
    with running(*serve(port, 1), port=port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for density in (1, 2, 3):
            page = browser.new_context(viewport=PHONE, device_scale_factor=density).new_page()  # type: ignore[arg-type]
            yield from _downloaded(page, f"http://localhost:{port}/live/ten-photos/", density)
        browser.close()


def _coverage_of_ten(data: bytes) -> None:
    from articles.publishing import PlacedPhoto, coverages, renditions, sources, updates

    coverage = coverages.start(coverages.create(headline="Ten photos", slug="ten-photos"))
    for number in range(TOGETHER):
        photo = sources.add_photo(image=_file(data), alt="A street", caption="A street", credit="Bench")
        renditions.render(photo)
        updates.post(coverage, headline=f"Photo {number}", body=text(number), photos=[PlacedPhoto(photo)])


def _downloaded(page: Page, address: str, density: int) -> Iterator[Row]:
    """The page as it is opened, and then as it is read to its end."""
    asked: list[Any] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108  (Playwright marks what it calls)
    page.goto(address, wait_until="networkidle")
    opened = list(asked)
    for image in page.locator(".photo img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth", arg=image.element_handle())
    for how, requests in (("as it opens", opened), ("read to its end", asked)):
        sizes = [(one.resource_type, one.sizes()["responseBodySize"]) for one in requests]
        pictures = [size for kind, size in sizes if kind == "image" and size]
        yield Row(
            f"a coverage with ten photos on a phone of 390 px at {density}×, {how}",
            f"{sum(size for _kind, size in sizes):,} B",
            f"{len(pictures)} photos: {sum(pictures):,} B",
        )


def _file(data: bytes) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(data, "street.jpg")


def _together(slug: str, data: bytes) -> Iterator[Row]:
    """Ten uploads through the admin until all renditions are made, while readers ask for the page again and again.

    One of them asks a server that takes no upload: what it waits for is the machine, with its uploaders and database.
    """
    port, other = free_port(), free_port()
    with running(*serve(port, 1), port=port) as server, running(*serve(other, 1), port=other):
        _latencies((port, other), slug, lambda: time.sleep(1))
        idle = _latencies((port, other), slug, lambda: time.sleep(SECONDS))
        upload, took, peak = _uploader(port, data), list[float](), _Peak(server.pid)

        def uploads() -> None:
            begun = time.monotonic()
            with ThreadPoolExecutor(TOGETHER) as pool:
                list(pool.map(lambda _: upload(), range(TOGETHER)))
            took.append(time.monotonic() - begun)
            _all_made()
            took.append(time.monotonic() - begun)

        busy = _latencies((port, other), slug, uploads)
        with peak:  # ten more: to add up a process's memory keeps it waiting
            uploads()
    for name, at in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
        for asked, before, during in zip(("", "; of a server that takes none"), idle, busy, strict=True):
            low, high = (sorted(times)[int(len(times) * at)] * 1e3 for times in (before, during))
            yield Row(
                f"a reader's page while ten such photos are uploaded at once, {name}{asked}",
                f"{high:.2f} ms",
                f"idle {low:.2f} ms: {high / low:.1f}×",
            )
    yield Row("ten such photos uploaded at once: until all are taken in", f"{took[0]:.0f} s", _mb(peak.most))
    yield Row("until all their renditions are made", f"{took[1]:.0f} s", "")


def _all_made() -> None:
    from articles.models import Photo

    while Photo.objects.unfinished().exists():
        time.sleep(1)


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


def _latencies(ports: Sequence[int], slug: str, during: Callable[[], object]) -> list[list[float]]:
    """For each port the seconds that each of a reader's questions took, one every 20 ms, while `during` runs."""
    with ExitStack() as stack:
        readers = [stack.enter_context(_reader(port, slug)) for port in ports]
        during()
        said = [reader.communicate(b"enough")[0] for reader in readers]
    return [[float(time) for time in times.split()] for times in said]


def _reader(port: int, slug: str) -> "subprocess.Popen[bytes]":
    reading = (sys.executable, "-m", "bench.photos", str(port), f"/live/{slug}/")
    return subprocess.Popen(reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _read(port: int, path: str) -> None:
    """Until something is said to it. What readers have on machines of their own never waits for a processor of ours."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    connection, times = http.client.HTTPConnection("127.0.0.1", port), []
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Host": f"localhost:{port}", "Accept-Encoding": "br"})
        connection.getresponse().read()
        times.append(time.perf_counter() - begun)
    print(*times)


def _uploader(port: int, data: bytes) -> Callable[[], None]:
    """What uploads the picture through the admin, as an editor who has signed in does."""
    import urllib.request
    from http.cookies import SimpleCookie

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.middleware.csrf import _get_new_csrf_string

    from articles.access.sessions import SessionStore

    user = get_user_model().objects.create_superuser("photographer")
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
            assert answer.url.endswith("/change/"), answer.read().decode()[:3000]

    return upload


if __name__ == "__main__":
    _read(int(sys.argv[1]), sys.argv[2])

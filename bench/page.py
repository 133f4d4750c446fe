"""The reader's page in real Chromium, as on a cheap phone: what it weighs, when it is there, what it costs."""

import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, Page, sync_playwright

from .newsroom import PROJECT, free_port, running, serve, text
from .table import Row

VISITS = 3
"""Of each coverage, in turns; figures are their medians."""
ROUNDS = 5
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
SLOWER = 4
"""How many times slower the processor is made."""
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH = """
    window.seen = { lcp: 0, shift: 0, blocked: 0 };
    const on = (type, then) =>
        new PerformanceObserver(list => list.getEntries().forEach(then)).observe({ type, buffered: true });
    on('largest-contentful-paint', entry => { seen.lcp = entry.startTime });
    on('layout-shift', entry => { if (!entry.hadRecentInput) seen.shift += entry.value });
    on('longtask', entry => { seen.blocked += Math.max(0, entry.duration - 50) });
"""
PAINTED = """() => {
    const page = document.querySelector('live-coverage');
    const receive = page.receive.bind(page);
    window.painted = [];
    page.receive = delta => {
        const start = performance.now();
        receive(delta);
        requestAnimationFrame(() => setTimeout(() => painted.push(performance.now() - start)));
    };
}"""


class Seen(NamedTuple):
    """One way of measuring one coverage: figures by what they are of."""

    bodies: Mapping[str, int]
    """Bytes of compressed answers by kind, `other origins` among them."""
    requests: int
    lcp: float
    shift: float
    blocked: float
    scrolled: float
    painted: float


def measure(slugs: Mapping[int, str]) -> Iterator[Row]:
    """Rows for coverages by their number of updates: the first is the figure, the others stand beside it."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop makes Django think of a coroutine
    port = free_port()
    with running(*serve(port, 1), port=port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        visits: dict[int, list[Seen]] = {size: [] for size in slugs}
        for _round in range(VISITS + 1):
            for size, slug in slugs.items():
                context = browser.new_context(base_url=f"http://localhost:{port}", **PHONE)
                visits[size].append(_seen(context, slug))
                context.close()
        browser.close()
    seen = {size: _median(each) for size, each in visits.items()}
    for kind in ("document", "stylesheet", "script", "font", "other origins"):
        yield _row(
            f"page in Chromium: {kind}, compressed", {size: f"{one.bodies[kind]:,} B" for size, one in seen.items()}
        )
        if kind == "script":
            yield Row("its modules, minified each", _modules(), "delivered as one file")
    yield _row("requests", {size: str(one.requests) for size, one in seen.items()})
    slow = f"{SLOWER} × slower processor, slow 4G"
    yield _row(f"largest contentful paint, {slow}", {size: f"{one.lcp:,.0f} ms" for size, one in seen.items()})
    yield _row(f"total blocking time, {slow}", {size: f"{one.blocked:,.0f} ms" for size, one in seen.items()})
    yield _row("layout shift on load", {size: f"{one.shift:.4f}" for size, one in seen.items()})
    yield _row("layout shift while scrolled to the end", {size: f"{one.scrolled:.4f}" for size, one in seen.items()})
    yield _row("delta received to painted", {size: f"{one.painted:.0f} ms" for size, one in seen.items()})


def _median(visits: Sequence[Seen]) -> Seen:
    """Figure by figure. The first visit finds everything cold, but the page as it was made: the others post on it."""
    first, *others = visits
    figures = {name: statistics.median(getattr(one, name) for one in others) for name in Seen._fields[2:]}
    return first._replace(**figures)


def _row(what: str, figures: Mapping[int, str]) -> Row:
    first, *others = figures
    beside = "; ".join(f"{size:,}: {figures[size]}" for size in others)
    return Row(f"{what}, {first} updates", figures[first], beside)


def _modules() -> str:
    import minify

    sizes = {
        path.stem: len(minify.string("text/javascript", path.read_text()))
        for path in sorted((PROJECT / "static/js").glob("*.js"))
        if path.stem != "embed"
    }
    return ", ".join(f"{name} {size:,}" for name, size in sizes.items()) + " B"


def _seen(context: BrowserContext, slug: str) -> Seen:
    page = context.new_page()
    page.add_init_script(WATCH)
    phone = context.new_cdp_session(page)
    phone.send("Network.enable")
    phone.send("Network.emulateNetworkConditions", SLOW_4G)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    bodies: dict[str, int] = defaultdict(int)
    asked = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 (it sets attributes)
    with page.expect_response("**/stream?*"):
        page.goto(f"/live/{slug}/")
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_timeout(2000)
    for request in asked:
        own = re.match(r"http://localhost:\d+/", request.url)
        bodies[request.resource_type if own else "other origins"] += request.sizes()["responseBodySize"]
    loaded = page.evaluate("({ ...seen })")
    painted = _painted(page, slug)
    return Seen(bodies, len(asked), loaded["lcp"], loaded["shift"], loaded["blocked"], _scrolled(page), painted)


def _painted(page: Page, slug: str) -> float:
    from articles.models import Coverage
    from articles.publishing import updates

    coverage = Coverage.objects.get(slug=slug)
    page.evaluate(PAINTED)
    for number in range(ROUNDS):
        updates.post(coverage, headline=f"While it is read {number}", body=text(number))
        page.wait_for_function("number => painted.length > number", arg=number)
    times: list[float] = page.evaluate("painted")
    return statistics.median(times)


def _scrolled(page: Page) -> float:
    """How much moves while a reader goes to the end, where older updates come in by themselves."""
    page.evaluate("seen.shift = 0")
    for _ in range(40):
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)
    shift: float = page.evaluate("seen.shift")
    return shift

"""Through the nginx that is shipped, with its cache: a page against a static file of the same bytes."""

import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.deploy.nginx import Nginx, program

from .newsroom import free_port, running, serve
from .reads import ROUNDS, fetch, wrk
from .table import Row


def measure(slug: str, data: Path) -> Iterator[Row]:
    """Over TLS, as readers come."""
    if not (program() and shutil.which("wrk")):
        yield Row("page through nginx", "", "skipped: nginx or wrk is not installed (apt-get install nginx-light wrk)")
        return
    folder = data / "nginx"
    folder.mkdir()
    data.chmod(0o755)
    nginx = Nginx(folder, data)
    production = {"SITE_URL": nginx.origin, "SECRET_KEY": "measured", "SECURE_SSL_REDIRECT": "off"}
    os.environ |= production
    ports = [free_port(), free_port()]
    with ExitStack() as servers:
        for port in ports:
            servers.enter_context(running(*serve(port, 1), port=port, path="/healthz"))
        nginx.configure(*ports)
        nginx.start()
        servers.callback(nginx.stop)
        page, static = f"{nginx.origin}/live/{slug}/", f"{nginx.origin}/static/measured.html"
        body, _ = fetch(page)
        (data / "static" / "measured.html").write_bytes(body)
        rates: dict[str, list[float]] = {page: [], static: []}
        for _ in range(ROUNDS):
            for address, seen in rates.items():
                seen.append(wrk(address))
    for name in production:
        del os.environ[name]
    kept, file = (statistics.median(seen) for seen in rates.values())
    beside = f"{kept / file:.2f} × a static file of the same bytes ({file:,.0f} requests/s)"
    yield Row(f"page through the shipped nginx, TLS ({len(body):,} B)", f"{kept:,.0f} requests/s", beside)

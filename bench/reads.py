"""Requests a second of pages and polls: from memory, against constant bytes, a file of nginx, and plain Django."""

import os
import re
import shutil
import statistics
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .newsroom import free_port, running, serve, uvicorn
from .table import Row

ROUNDS = 7
SECONDS = 2
CONNECTIONS = 64
DJANGO = "liveblog.asgi:django_application"
NGINX = """daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; keepalive_requests 1000000; server {{ listen 127.0.0.1:{port} backlog=4096;
location / {{ root {folder}; default_type text/html; add_header Content-Encoding br; }} }} }}
"""


def measure(slug: str, updates: int, data: Path) -> Iterator[Row]:
    """Rows for one coverage; a server that is missing on this machine is left out with a word."""
    if not shutil.which("wrk"):
        yield Row("reads", "", "skipped: wrk is not installed (apt-get install wrk)")
        return
    ports = {name: free_port() for name in ("memory", "constant", "django", "nginx")}
    page = f"/live/{slug}/"
    with ExitStack() as servers:
        servers.enter_context(running(*serve(ports["memory"], 2), port=ports["memory"]))
        body, version = _fetch(ports["memory"], page)
        os.environ["BENCH_BODY"] = str(data / "body")
        (data / "body").write_bytes(body)
        servers.enter_context(
            running(*uvicorn("bench.constant:application", ports["constant"], 2), port=ports["constant"])
        )
        servers.enter_context(
            running(
                *uvicorn("liveblog.asgi:django_application", ports["django"], 2), port=ports["django"], path="/healthz"
            )
        )
        targets = {
            "page, from memory": (ports["memory"], page),
            "changes, from memory": (ports["memory"], f"{page}changes?after={version}"),
            "the same bytes, constant": (ports["constant"], "/"),
            "page, plain Django": (ports["django"], page),
        }
        if shutil.which("nginx"):
            servers.enter_context(_nginx(data, ports["nginx"]))
            targets["the same bytes, a file of nginx"] = (ports["nginx"], "/body")
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for _ in range(ROUNDS):
            for name, (port, path) in targets.items():
                rates[name].append(_wrk(port, path))
    base = statistics.median(rates["the same bytes, constant"])
    for name, seen in rates.items():
        median = statistics.median(seen)
        yield Row(f"{name}, {updates} updates", f"{median:,.0f} requests/s", f"{median / base:.2f} × constant bytes")
    if "the same bytes, a file of nginx" not in rates:
        yield Row(
            "the same bytes, a file of nginx", "", "skipped: nginx is not installed (apt-get install nginx-light)"
        )


@contextmanager
def _nginx(data: Path, port: int) -> Iterator[None]:
    (data / "nginx.conf").write_text(NGINX.format(folder=data, port=port))
    data.chmod(0o755)
    with running("nginx", "-c", str(data / "nginx.conf"), "-p", str(data), port=port, path="/body"):
        yield


def _fetch(port: int, path: str) -> tuple[bytes, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request) as answer:
        return answer.read(), re.findall(r"-(\d+)", answer.headers["ETag"])[0]


def _wrk(port: int, path: str) -> float:
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", "Accept-Encoding: br"]
    said = subprocess.run(
        ["wrk", *options, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    )
    if "Non-2xx" in said.stdout:
        raise RuntimeError(f"{path} does not answer 200:\n{said.stdout}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said.stdout)[0])

"""Requests a second of pages and polls: from memory, against constant bytes, a file of nginx, and plain Django."""

import json
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .newsroom import free_port, running, serve, uvicorn
from .table import Row

ROUNDS = 7
SECONDS = 2
CONNECTIONS = 64
WORKERS = 2
NGINX = """daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; keepalive_requests 1000000; server {{ listen 127.0.0.1:{port} backlog=4096;
location / {{ root {folder}; default_type text/html; add_header Content-Encoding br; }} }} }}
"""
NOT_OURS = {"date", "server", "connection"}


def measure(slug: str, updates: int, data: Path) -> Iterator[Row]:
    """Rows for one coverage; a server that is missing on this machine is left out with a word."""
    if not shutil.which("wrk"):
        yield Row("reads", "", "skipped: wrk is not installed (apt-get install wrk)")
        return
    page = f"/live/{slug}/"
    with ExitStack() as servers:
        memory = free_port()
        servers.enter_context(running(*serve(memory, WORKERS), port=memory))
        body, headers = fetch(f"http://127.0.0.1:{memory}{page}")
        (data / "body").write_bytes(body)
        (data / "answer").write_bytes(json.dumps(headers).encode() + b"\n" + body)
        version = dict(headers)["etag"].rpartition("-")[2][:-1]
        targets = {
            "page, from memory": (memory, page),
            "changes, from memory": (memory, f"{page}changes?after={version}"),
            "the same bytes, constant": (servers.enter_context(_constant(data)), "/"),
            "page, plain Django": (servers.enter_context(_django()), page),
        }
        if shutil.which("nginx"):
            targets["the same bytes, a file of nginx"] = servers.enter_context(_nginx(data)), "/body"
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for _ in range(ROUNDS):
            for name, (port, path) in targets.items():
                rates[name].append(wrk(f"http://127.0.0.1:{port}{path}"))
    yield from _rows({name: statistics.median(seen) for name, seen in rates.items()}, updates)
    yield Row(f"that page, {updates:,} updates", f"{len(body):,} B", "in Brotli")


def _rows(rates: dict[str, float], updates: int) -> Iterator[Row]:
    besides = {
        "constant": rates["the same bytes, constant"],
        "a file of nginx": rates.get("the same bytes, a file of nginx"),
        "plain Django": rates["page, plain Django"],
    }
    for name, rate in rates.items():
        ratios = [f"{rate / other:.2f} × {what}" for what, other in besides.items() if other and other != rate]
        yield Row(f"{name}, {updates:,} updates", f"{rate:,.0f} requests/s", ", ".join(ratios))
    if not besides["a file of nginx"]:
        yield Row("a file of nginx", "", "skipped: nginx is not installed (apt-get install nginx-light)")


@contextmanager
def _constant(data: Path) -> Iterator[int]:
    port = free_port()
    with running(sys.executable, "-m", "bench.constant", str(port), str(WORKERS), str(data / "answer"), port=port):
        yield port


@contextmanager
def _django() -> Iterator[int]:
    port = free_port()
    with running(*uvicorn("liveblog.asgi:django_application", port, WORKERS), port=port, path="/healthz"):
        yield port


@contextmanager
def _nginx(data: Path) -> Iterator[int]:
    port = free_port()
    (data / "nginx.conf").write_text(NGINX.format(folder=data, port=port))
    data.chmod(0o755)
    with running("nginx", "-c", str(data / "nginx.conf"), "-p", str(data), port=port, path="/body"):
        yield port


def fetch(address: str) -> tuple[bytes, list[tuple[str, str]]]:
    """The body in Brotli, and the headers that the application sets."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:  # noqa: S323
        headers = [(name.lower(), value) for name, value in answer.headers.items()]
        return answer.read(), [header for header in headers if header[0] not in NOT_OURS]


def wrk(address: str) -> float:
    """Requests a second."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", "Accept-Encoding: br"]
    said = subprocess.run(["wrk", *options, address], capture_output=True, text=True, check=True)
    if "Non-2xx" in said.stdout:
        raise RuntimeError(f"{address} does not answer 200:\n{said.stdout}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said.stdout)[0])

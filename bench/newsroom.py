"""A coverage of a given size on an embedded PostgreSQL of its own, and servers that serve it."""

import io
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
WORDS = """the of to and in a that is for on said by with from as at it was were has have been be not but they
officials Sunday government forces city border talks president minister sanctions bank central ruble troops Kyiv Kharkiv
Belarus Ukraine Russia European Union Swiss refugees thousands people night morning reported according statement agency
nuclear alert airspace closed shelling residents station train west east military convoy satellite images company stake
oil gas market shares fell rose percent million billion support weapons delivery decided announced expected negotiations
delegation met near river crossing without precondition ceasefire withdrawal demand quoted interview called described
cathedral square basement shelter volunteers hospital children killed wounded evacuation corridor agreed"""


def set_up() -> Path:
    """Point Django at a new, empty database. Call it before anything of Django is imported."""
    data = Path(tempfile.mkdtemp(prefix="liveblog-bench-"))
    os.environ |= {"LIVEBLOG_DATA": str(data), "DJANGO_SETTINGS_MODULE": "liveblog.settings", "LOG_LEVEL": "ERROR"}
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    return data


def text(number: int) -> str:
    """A body of three paragraphs, of another choice of words for each number."""
    chosen = random.Random(number)
    paragraphs = (" ".join(chosen.choices(WORDS.split(), k=45)).capitalize() for _ in range(3))
    return "".join(f"<p>{words}.</p>" for words in paragraphs)


def coverage_of(updates_wanted: int, *, photos: bool = False) -> str:
    """The slug of a new live coverage with that many updates; with `photos`, each has one."""
    from articles.publishing import PlacedPhoto, coverages, sources, updates

    slug = f"day-{updates_wanted}{'-photos' * photos}"
    coverage = coverages.start(coverages.create(headline=f"A day of {updates_wanted} updates", slug=slug))
    desk = [sources.author_named("Kyiv desk")]
    placed = [PlacedPhoto(sources.add_photo(image=_picture(), caption="A street.", credit="Bench", alt="A street"))]
    for number in range(updates_wanted):
        content = {"headline": f"Update {number}", "body": text(number), "key_event": number % 5 == 0}
        updates.post(coverage, **content, authors=desk, photos=placed if photos else [])  # type: ignore[arg-type]
    return slug


def _picture() -> Any:
    from django.core.files.base import ContentFile
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (1200, 800), "#48709a").save(data, "JPEG")
    return ContentFile(data.getvalue(), "street.jpg")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running(*command: str, port: int, path: str = "/") -> Iterator[subprocess.Popen[bytes]]:
    """A server, from when it answers until the block ends."""
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}{path}", process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def serve(port: int, workers: int) -> tuple[str, ...]:
    return (sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers))


def uvicorn(application: str, port: int, workers: int) -> tuple[str, ...]:
    options = ("--port", str(port), "--workers", str(workers), "--no-access-log", "--log-level", "error")
    return (sys.executable, "-m", "uvicorn", application, *options)


def memory(pid: int) -> int:
    """Bytes that a process and all below it take, shared ones in parts."""
    own = re.search(r"Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())
    return (int(own[1]) * 1024 if own else 0) + sum(map(memory, _children(pid)))


def processor_seconds(pid: int) -> float:
    """The processor time of a process and all below it until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(processor_seconds, _children(pid)))


def _children(pid: int) -> list[int]:
    """Those that each of its threads has started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args} does not answer at {address}.")

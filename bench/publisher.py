"""Publishes when a line comes on standard input, and says by time.monotonic when the commit was done.

`python -m bench.publisher SLUG` posts to the coverage; `python -m bench.publisher http PORT FILE` sends the event
in FILE to another server's /publish. A process of its own, so that readers are not kept from reading meanwhile.
"""

import http.client
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path


def main(target: str, *more: str) -> None:
    publish = _to_server(*more) if target == "http" else _to_coverage(target)
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin):
        print(publish(number), flush=True)


def _to_coverage(slug: str) -> Callable[[int], str]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liveblog.settings"
    import django

    django.setup()
    from articles.models import Coverage
    from articles.publishing import updates
    from bench.newsroom import text

    coverage = Coverage.objects.get(slug=slug)

    def publish(number: int) -> str:
        began = time.monotonic()
        updates.post(coverage, headline=f"To all {number}", body=text(number))
        done = time.monotonic()
        return f"{began} {done}"

    return publish


def _to_server(port: str, file: str) -> Callable[[int], str]:
    body = Path(file).read_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", int(port))

    def publish(_number: int) -> str:
        began = time.monotonic()
        headers = {"X-EventSource-Event": "changes", "Content-Type": "application/json"}
        connection.request("POST", "/publish", body, headers)
        connection.getresponse().read()
        return f"{began} {began}"

    return publish


if __name__ == "__main__":
    main(*sys.argv[1:])

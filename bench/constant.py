"""An application that returns constant bytes: what the server could do if there were nothing to do.

`python -m bench.constant PORT WORKERS FILE`: FILE holds the answer's headers, as JSON on the first line, and its body.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

_head, _, BODY = Path(os.environ.get("BENCH_ANSWER", os.devnull)).read_bytes().partition(b"\n")
HEADERS = [(name.encode(), value.encode()) for name, value in json.loads(_head or b"[]")]
START = {"type": "http.response.start", "status": 200, "headers": HEADERS}
ANSWER = {"type": "http.response.body", "body": BODY}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send(START)
        await send(ANSWER)


def main(port: int, workers: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liveblog.settings"
    from articles.management import server

    config = server.Config(workers=workers, reload=False, access_log=False, application="bench.constant:application")
    server.run(server.listen("127.0.0.1", port), config, None)


if __name__ == "__main__":
    os.environ["BENCH_ANSWER"] = sys.argv[3]
    main(int(sys.argv[1]), int(sys.argv[2]))

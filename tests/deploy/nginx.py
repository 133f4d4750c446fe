"""The real nginx with the configuration that we ship, its values filled in for this machine."""

import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Mapping
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

from tests.browser.server import PROJECT, free_port
from tests.browser.waiting import until

SHIPPED = PROJECT / "deploy" / "nginx"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
MAIN = """
{user} daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log notice; {load}
events {{ worker_connections 1000; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/liveblog*.conf;
}}
"""
TRUSTING = ssl._create_unverified_context()  # noqa: S323  (the certificate is of the tests' own making)
type Query = Mapping[str, str]


class Nginx:
    """nginx on `port` (https), in front of the processes of the application that answer at `to`."""

    def __init__(self, folder: Path, data: Path, streams: str = "app") -> None:
        self.port, self.plain_port, self.push_port = free_port(), free_port(), free_port()
        self.cache = folder / "cache"
        self._folder, self._data, self._streams = folder, data, streams
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def configure(self, *to: int) -> None:
        certificate(self._folder)
        values = {
            "    server 127.0.0.1:8000 fail_timeout=1s;": "".join(
                f"    server 127.0.0.1:{port} fail_timeout=1s;" for port in to
            ),
            "    server 127.0.0.1:8001 fail_timeout=1s;": "",
            "/var/lib/nginx/liveblog ": f"{self.cache} ",
            "/srv/liveblog/data": str(self._data),
            "/etc/letsencrypt/live/news.example/": f"{self._folder}/",
            "/var/log/nginx/liveblog.log": f"{self._folder}/access.log",
            "https://news.example$request_uri": f"{self.origin}$request_uri",
            "server_name news.example;": "server_name localhost;",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80 ": f"listen 127.0.0.1:{self.plain_port} ",
        }
        site = filled((SHIPPED / "liveblog.conf").read_text(), values)
        if self._streams == "nchan":
            site = site.replace("include liveblog/streams-app", "# include liveblog/streams-app")
            site = site.replace("# include liveblog/streams-nchan", "include liveblog/streams-nchan")
        (self._folder / "liveblog.conf").write_text(site)
        self._write_parts()
        self._write_main()

    def _write_parts(self) -> None:
        parts = self._folder / "liveblog"
        shutil.copytree(SHIPPED / "liveblog", parts)
        pages = parts / "pages.conf"
        pages.write_text(filled(pages.read_text(), {"/etc/nginx/liveblog/": f"{parts}/"}))
        if self._streams == "nchan":
            push = (SHIPPED / "liveblog-nchan.conf").read_text()
            push = filled(push, {"listen 127.0.0.1:8081;": f"listen 127.0.0.1:{self.push_port};"})
            (self._folder / "liveblog-nchan.conf").write_text(push)
            part = parts / "streams-nchan.conf"
            part.write_text(filled(part.read_text(), {"https://news.example": self.origin}))

    def _write_main(self) -> None:
        user = "user root;" if os.geteuid() == 0 else ""  # so that it may read the tests' own folders
        load = f"load_module {NCHAN};" if self._streams == "nchan" else ""
        (self._folder / "nginx.conf").write_text(MAIN.format(user=user, load=load, folder=self._folder))

    def start(self) -> None:
        command = [program(), "-c", str(self._folder / "nginx.conf"), "-p", str(self._folder)]
        with (self._folder / "said.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(self._answers, 20)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._process:
            os.killpg(self._process.pid, number)  # a killed master would leave its workers serving
            self._process.wait(20)
            self._process = None

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, (self._folder / "said.log").read_text()
        try:
            return self.get("/static/none").status == 404
        except OSError:
            return False

    def connect(self, timeout: float = 30) -> HTTPSConnection:
        connection = HTTPSConnection("localhost", self.port, timeout=timeout, context=TRUSTING)
        connection.connect()
        return connection

    def get(self, path: str, **headers: str) -> "Answer":
        """What it answers, over a connection of its own; `headers` are written with _ for -."""
        connection = self.connect()
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def age(self, seconds: int) -> None:
        """Make everything in the cache that much older.

        Each file begins with ngx_http_file_cache_header_t: a version, and the time until which it is fresh.
        """
        for file in self.cache.rglob("*"):
            if file.is_file():
                content = bytearray(file.read_bytes())
                until_when = int.from_bytes(content[8:16], "little")
                assert abs(until_when - time.time()) < 1000, "nginx writes another format now"
                content[8:16] = (until_when - seconds).to_bytes(8, "little")
                file.write_bytes(content)


class Answer:
    """A whole answer."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.cache = response.headers["X-Cache"]
        """What nginx's cache had to do with it: MISS, HIT, STALE …"""


def program() -> str:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def filled(text: str, values: Query) -> str:
    """The text with these values for those that stand there, and without the lines for IPv6."""
    for shipped, own in values.items():
        assert shipped in text, f"the configuration says {shipped!r} no more"
        text = text.replace(shipped, own)
    return "\n".join(line for line in text.splitlines() if "[::]:" not in line)


def certificate(folder: Path) -> None:
    """For TLS, in the names that the configuration gives it."""
    key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        str(folder / "privkey.pem"),
    ]
    made = ["-x509", "-days", "2", "-subj", "/CN=localhost", "-out", str(folder / "fullchain.pem")]
    subprocess.run(["openssl", "req", *key, *made], check=True, capture_output=True)

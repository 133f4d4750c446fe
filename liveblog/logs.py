"""Logs that can be followed: each line written for a request bears its id, and so does its answer."""

import json
import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from articles.delivery import metrics

HEADER = "X-Request-ID"
SERVER_ERROR, NOT_IMPLEMENTED = 500, 501
_GIVEN = re.compile(r"[\w.-]{8,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("request", default="")


def request_ids(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give each request that reaches Django an id: the proxy's, if it gave one that is like an id, else a new one."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        # Not reset: Django writes its own line about the answer after this. The next request sets it anew.
        _current.set(given if _GIVEN.fullmatch(given) else uuid4().hex)
        response = get_response(request)
        response[HEADER] = _current.get()
        if response.status_code >= SERVER_ERROR and response.status_code != NOT_IMPLEMENTED:
            metrics.errors.inc()
        return response

    return answer


class WithRequest(logging.Filter):
    """Puts the id of the request into each record, as `request_id`, and as words for people."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = _current.get()
        vars(record).update(request_id=request_id, request=f" [{request_id}]" if request_id else "")
        return True


class InOneLine(logging.Filter):
    """Takes the traceback from each record: for what strangers cause whenever they like."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


class Json(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, and `request` and `error` where there are.

    Facts that a record brings with it (`extra={"facts": {…}}`) are members of their own.
    """

    def format(self, record: logging.LogRecord) -> str:
        said = {
            **getattr(record, "facts", {}),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": getattr(record, "request_id", ""),
            "error": self.formatException(record.exc_info) if record.exc_info else "",
        }
        facts = {name: value for name, value in said.items() if value}
        line = json.dumps(facts, ensure_ascii=False)
        return line if line.isprintable() else json.dumps(facts)  # U+2028 and others would make two lines of it

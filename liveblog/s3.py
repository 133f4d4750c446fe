"""Media in a bucket of any S3-compatible service. Nobody reaches the bucket but the application."""

import io
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from botocore.exceptions import ClientError
from django.conf import settings
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

_MISSING = {"NoSuchKey", "404", "NotFound"}
_UNSATISFIABLE = {"InvalidRange", "416"}


class Part(NamedTuple):
    """A file, or the part of it that was asked for."""

    body: IO[bytes]
    headers: dict[str, str]
    status: int


class Bucket(S3Storage):  # type: ignore[misc]
    """Files whose addresses are the site's own, under MEDIA_URL, so that a withdrawn picture's can answer 410."""

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{quote(clean_name(name))}"

    def part(self, name: str, wanted: str = "") -> Part:
        """The file, or the bytes that the header Range asks for. Raises FileNotFoundError."""
        key = self._normalize_name(clean_name(name))
        try:
            found = self.bucket.Object(key).get(**({"Range": wanted} if wanted else {}))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _UNSATISFIABLE:
                return Part(io.BytesIO(), {}, 416)
            if code in _MISSING:
                raise FileNotFoundError(name) from error
            raise
        headers = {"Content-Length": str(found["ContentLength"]), "Content-Type": found["ContentType"]}
        if within := found.get("ContentRange"):
            headers["Content-Range"] = within
        return Part(found["Body"], headers, 206 if within else 200)

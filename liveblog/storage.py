"""Static files as readers get them: made small and compressed once when collected, served for a year.

Each of our scripts is collected as one file with all the modules that it imports: half the bytes of twelve files
that are compressed one by one, and one request. Only the forms that our modules use are understood, so that
nothing needs to be parsed; any other is refused with a sentence. What modules declare at their top shares one scope,
so no two may declare the same name.
"""

import asyncio
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import brotli
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from servestatic.compress import Compressor
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage

OURS = re.compile(r"(js|css)/.+\.\1$")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$", re.ASCII)
"""Ends the name of a file whose content never changes; deploy/nginx knows it too."""

type Files = dict[str, tuple[Storage, str]]
"""By name, where a file is found before it is collected."""

_IMPORT = re.compile(r"^import (?:\{[^}]*\} from )?'(\.[^']+)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function)\b)", re.MULTILINE)
_OTHER = re.compile(r"""^export\b.*|^import\b[^;]*?['"]\..*|^(?!\s*[*/]).*\bimport\(['"]\..*""", re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)

LARGE = 100_000
"""Bytes above which Brotli's best quality takes seconds a file for a few percent; only the admin's files are larger."""


class BundleError(ValueError):
    """A module says something that cannot be bundled; the message says what, and how to write it."""


class StaticCompressor(Compressor):  # type: ignore[misc]
    """Compresses files whose names hold their contents' hash: what has been done once is good for ever."""

    def compress(self, path: str) -> list[str]:
        return [] if Path(f"{path}.gz").exists() else super().compress(path)

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=9 if len(data) > LARGE else 11)
        return compressed

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: Any) -> str:
        """Whole or not at all, because what exists is not made again."""
        written: str = super().write_data(path, data, f"{suffix}.new", stat_result)
        return str(Path(written).replace(f"{path}{suffix}"))


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """ServeStatic’s storage, before which our own scripts and style sheets (in js/ and css/) are made small."""

    def post_process(self, paths: Files, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        yield from super().post_process(paths if dry_run else _smaller(paths), dry_run=dry_run, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        return StaticCompressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Only what pages link to: the hashed names."""
        compressed: Iterator[tuple[str, str]] = super().compress_files(set(paths) & set(self.hashed_files.values()))
        return compressed


class StaticFiles(ServeStaticMiddleware):  # type: ignore[misc]
    """ServeStatic’s middleware, which also serves what other builds collected, before this process began or since.

    While one build takes another's place, a page that one process made asks the other for its style sheet.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        url = request.path_info
        if url not in self.files and url.startswith(self.static_prefix) and HASHED.search(url):
            found = await asyncio.to_thread(self.find_file, url)
            if found is not None:
                self.files[url] = found
        answer: HttpResponseBase = await super().__call__(request)
        return answer

    def immutable_file_test(self, path: str, url: str) -> bool:
        return HASHED.search(url) is not None


def _smaller(paths: Files) -> Files:
    """`paths` with our own files as readers get them; a module that others import is a part of those alone."""
    ours = {name: _text(*found) for name, found in paths.items() if OURS.match(name)}
    parts = {part for name, text in ours.items() for part in _imported(name, text)}
    small = InMemoryStorage()
    for name in ours.keys() - parts:
        small.save(name, ContentFile(_minified(name, _bundle(name, ours)).encode()))
    return {name: (small, name) if name in ours else found for name, found in paths.items() if name not in parts}


def _text(storage: Storage, path: str) -> str:
    with storage.open(path) as file:
        return str(file.read(), "utf-8")


def _imported(name: str, text: str) -> list[str]:
    """The names of the modules that the module `name` imports, in their order."""
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in _IMPORT.findall(text)]


def _bundle(name: str, texts: Mapping[str, str]) -> str:
    """The module `name` and all that it imports as one script, each after what it needs; `texts` by name."""
    *needed, own = _modules(name, texts, set())
    parts = [*(_EXPORT.sub("", part) for part in needed), own]  # what it exports itself, others than ours import
    declared = [word for part in parts for word in _DECLARED.findall(part)]
    if twice := {word for word in declared if declared.count(word) > 1}:
        raise BundleError(f"{name}: two of its modules declare {', '.join(sorted(twice))}; give one another name.")
    return "".join(parts)


def _modules(name: str, texts: Mapping[str, str], seen: set[str]) -> Iterator[str]:
    seen.add(name)
    for needed in _imported(name, texts[name]):
        if needed not in texts:
            raise BundleError(f"{name} imports {needed}, which does not exist.")
        if needed not in seen:
            yield from _modules(needed, texts, seen)
    own = _IMPORT.sub("", texts[name])
    if other := _OTHER.search(_EXPORT.sub("", own)):
        raise BundleError(
            f"{name}: “{other[0]}” cannot be bundled. Write import {{ a, b }} from './module.js'; "
            "and export before a const, let, class or function."
        )
    yield own


def _minified(name: str, text: str) -> str:
    """A script or style sheet without what only people need."""
    import minify  # loads 7 MB that only collecting needs

    try:
        smaller: str = minify.string("text/css" if name.endswith(".css") else "text/javascript", text)
    except minify.MinifyError as error:
        raise BundleError(f"{name} cannot be minified: {error}") from error
    return smaller

"""Static files: hashed names, compressed once when collected, served for a year."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
from servestatic.compress import Compressor
from servestatic.storage import CompressedManifestStaticFilesStorage

LARGE = 100_000
"""Bytes above which Brotli's best quality takes seconds a file for a few percent; only the admin's files are larger."""


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
    """ServeStatic’s storage, with `import` statements between our ES modules rewritten to hashed names."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        return StaticCompressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Only what pages link to: the hashed names."""
        compressed: Iterator[tuple[str, str]] = super().compress_files(set(paths) & set(self.hashed_files.values()))
        return compressed

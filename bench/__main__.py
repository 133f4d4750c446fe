import shutil
import sys

from . import newsroom, reads, streams, table


def main() -> None:
    data = newsroom.set_up()
    rows = []
    try:
        for size in (20, 200):
            print(f"Posting {size} updates …", file=sys.stderr)
            slug = newsroom.coverage_of(size)
            print(f"Reading a coverage of {size} updates …", file=sys.stderr)
            rows += reads.measure(slug, size, data)
        for readers in (100, 1_000):
            print(f"Streaming to {readers} readers …", file=sys.stderr)
            rows += streams.measure(slug, readers)
        print(table.write(rows, newsroom.PROJECT / "docs" / "benchmarks.md"))
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()

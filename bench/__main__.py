import shutil
import sys

from . import newsroom, page, reads, streams, table


def main() -> None:
    data = newsroom.set_up()
    rows = []
    try:
        slugs = {}
        for size in (20, 200, 2_000):
            print(f"Posting {size} updates …", file=sys.stderr)
            slugs[size] = newsroom.coverage_of(size)
        for size in (20, 200):
            print(f"Reading a coverage of {size} updates …", file=sys.stderr)
            rows += reads.measure(slugs[size], size, data)
        for readers in (100, 1_000):
            print(f"Streaming to {readers} readers …", file=sys.stderr)
            rows += streams.measure(slugs[200], readers)
        print("Reading in Chromium …", file=sys.stderr)
        rows += page.measure(slugs)
        print(table.write(rows, newsroom.PROJECT / "docs" / "benchmarks.md"))
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Measurements, side by side in one run: `bin/bench` prints a table and writes docs/benchmarks.md."""

"""Live coverage: what is written, how it is published, and how it reaches readers."""

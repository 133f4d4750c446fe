"""The project: how it is configured and served."""

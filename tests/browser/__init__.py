"""A real Chromium reads pages of a real server."""

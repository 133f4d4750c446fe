"""Passwords of test accounts."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    """One round instead of a second's work. A server checks it as any other: a hash names its rounds."""

    iterations = 1

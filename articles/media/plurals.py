"""Plural forms, as scripts choose them."""

PLURALS = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
"""A number of each plural category of CLDR, in every language that has it (unicode.org/cldr plural rules)."""

"""Static files: hashed names, compressed once when collected, served for a year."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's storage, with `import` statements between our ES modules rewritten to hashed names."""

    support_js_module_import_aggregation = True

#!/usr/bin/env python
"""Django's command line for the live blog: `manage.py help` lists what operators type."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from liveblog.postgres import sentence

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting makes no sense: the sentence says which, a traceback hides it
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(sentence(error))


if __name__ == "__main__":
    main()

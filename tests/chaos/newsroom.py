"""A process that makes an empty database ready for chaos: python -m tests.chaos.newsroom EDITORS.

It prints one JSON object: `coverage` and `slug` of a live coverage, and of each editor the `cookies` of a session.
"""

import json
import os
import sys


def main(editors: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(_made(editors)))


def _made(editors: int) -> dict[str, object]:
    from articles.publishing import coverages

    day = coverages.start(coverages.create(headline="The day that all breaks", slug="the-day"))
    return {"coverage": day.pk, "slug": day.slug, "cookies": [_signed_in(number) for number in range(editors)]}


def _signed_in(number: int) -> str:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user = User.objects.create_user(f"editor-{number}", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    client = Client()
    client.force_login(user)
    return "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())


if __name__ == "__main__":
    main(int(sys.argv[1]))

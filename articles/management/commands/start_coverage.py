from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from articles.management.base import Done, LiveCommand, coverage_done
from articles.models import Coverage
from articles.publishing import coverages
from articles.publishing.coverages import CoverageContent

State = Coverage.State


class Command(LiveCommand):
    help = """Start a coverage: from now on readers can open it, and updates can be published in it.

A draft of this slug is started, with the options given here written into it. A script may safely run this twice:
a coverage that is already live under the same headline is left as it is ("created": false)."""
    examples = """
  manage.py start_coverage storm-ylva --headline "Storm Ylva reaches the coast" --section World
  manage.py start_coverage kyiv-monday --headline "Talks at the border" --timezone Europe/Kyiv --language uk
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="Its place in the address: /live/SLUG/")
        parser.add_argument("--headline", help="Needed unless a draft of this slug has one.")
        parser.add_argument("--section", help="Such as World or Markets.")
        parser.add_argument("--summary", help="A sentence or two under the headline.")
        parser.add_argument(
            "--timezone",
            dest="time_zone",
            metavar="ZONE",
            help=f"Where the story happens, such as Europe/Kyiv ({settings.TIME_ZONE} if not given).",
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            help=f"The language of the page ({settings.LANGUAGE_CODE} if not given).",
        )

    def act(self, **options: Any) -> Done:
        slug = options["slug"]
        fields = ("headline", "section", "summary", "time_zone", "language")
        content: CoverageContent = {field: options[field] for field in fields if options[field] is not None}  # type: ignore[assignment]
        standing = Coverage.objects.filter(Q(slug=slug) | Q(former_slugs__slug=slug)).first()
        if standing and standing.state != State.DRAFT:
            return _already(standing, content)
        if standing is None:
            if not content.get("headline"):
                raise CommandError(f"“{slug}” would be a new coverage: give it a --headline.")
            content["slug"] = slug
        draft = coverages.edit(standing, **content) if standing else coverages.create(**content)
        started = coverages.start(draft)
        return coverage_done(f"“{started}” is live.", started, created=standing is None)


def _already(standing: Coverage, content: CoverageContent) -> Done:
    """A repeated start does no harm; one that means another story, or another state, is refused."""
    headline = " ".join(content.get("headline", standing.headline).split())
    if standing.state == State.LIVE and headline == standing.headline:
        return coverage_done(f"“{standing}” is already live; nothing was changed.", standing)
    advice = {
        State.LIVE: "Take another slug, or change its headline in the admin.",
        State.ENDED: f"Reopen it (manage.py reopen_coverage {standing.slug}), or take another slug.",
    }.get(State(standing.state), "Restore it in the admin, or take another slug.")
    raise CommandError(f"This slug belongs to “{standing}”, which is {standing.get_state_display()}. {advice}")

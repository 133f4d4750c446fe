"""Coverage of every kind that a page can look like: for the checks of all pages, and for the screenshots."""

# ruff: noqa: RUF001

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.files.base import File
from django.utils import timezone

from articles.management.demo import data
from articles.models import Coverage, Photo, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

SHORT = "Talks at the border"
LONG = (
    "Delegations of both countries arrive at a guarded house near the border for the first talks since the war began, "
    "while markets fall around the world and the central bank doubles its key rate overnight to stop a flight of money"
)
PSEUDO = "ar-xb"
"""Right to left, without a Latin letter in what the templates say: locale/catalogues.py."""


class Words(NamedTuple):
    """What a coverage in one language says."""

    headline: str
    summary: str
    section: str
    author: str
    headlines: Sequence[str]
    bodies: Sequence[str]
    points: Sequence[str]
    correction: str
    caption: str


ENGLISH = Words(
    "Sanctions bite as both sides agree to talk at the border",
    "Markets open to a collapsing currency, airlines turn back, and delegations set out for the first meeting.",
    "World",
    "Kyiv desk",
    ["Delegations arrive for the talks", "", "Central bank doubles its key rate to 20 percent"],
    [
        "<p>The delegation, led by the defense minister, came by helicopter shortly after 2 p.m. Its stated aim is an "
        'immediate cease-fire and the <a href="https://example.org/">withdrawal of troops</a>.</p><blockquote><p>“I '
        "don’t really believe in the outcome of this meeting, but let them try.”</p></blockquote>",
        "<p>The stock exchange stays closed today.</p>",
        "<p>The bank said so in one sentence.</p><ul><li>The key rate rises from 9.5 to 20 percent.</li><li>Exporters "
        "must sell most of what they earn abroad.</li></ul><h3>What it means</h3><p>Loans become dear, and "
        "<strong>deposits</strong> pay <em>more</em> than prices rise.</p>",
    ],
    [
        "The first talks since the invasion are due today on the border.",
        "The central bank more than doubled its key rate to slow the fall of the currency.",
        "The U.N. refugee agency counts more than 500,000 people who have left the country.",
    ],
    "An earlier version gave a wrong distance from the border. It is about 50 kilometers.",
    "The place of the talks, as far as it is known.",
)
UKRAINIAN = Words(
    "Санкції діють, делегації готуються до переговорів на кордоні",
    "Рубль падає, літаки розвертаються, делегації їдуть на першу зустріч від початку вторгнення.",
    "Світ",
    "Київське бюро",
    ["Делегації прибули на переговори", "", "Центробанк подвоїв ключову ставку до 20 відсотків"],
    [
        "<p>Делегація на чолі з міністром оборони прибула гелікоптером невдовзі після другої. Її мета — негайне "
        "припинення вогню та виведення військ.</p><blockquote><p>«Я не дуже вірю в результат цієї зустрічі, але нехай "
        "спробують».</p></blockquote>",
        "<p>Біржа сьогодні зачинена.</p>",
        "<p>Банк повідомив про це одним реченням.</p>",
    ],
    [
        "Сьогодні на кордоні мають відбутися перші переговори від початку вторгнення.",
        "Центральний банк більш ніж удвічі підвищив ключову ставку.",
        "Понад 500 тисяч людей виїхали з країни.",
    ],
    "У попередній версії була неправильна відстань від кордону. Це близько 50 кілометрів.",
    "Місце переговорів, наскільки воно відоме.",
)
ARABIC = Words(
    "العقوبات تشتد والوفدان يستعدان للمحادثات على الحدود",
    "الأسواق تفتح على انهيار العملة، والطائرات تعود أدراجها، والوفدان في طريقهما إلى أول لقاء.",
    "العالم",
    "مكتب كييف",
    ["وصول الوفدين إلى مكان المحادثات قرب الحدود", "", "البنك المركزي يضاعف سعر الفائدة إلى 20 في المئة"],
    [
        "<p>وصل الوفد برئاسة وزير الدفاع بطائرة مروحية بعد الساعة الثانية ظهرًا، وهدفه المعلن وقف فوري لإطلاق النار."
        "</p><blockquote><p>«لا أؤمن كثيرًا بنتيجة هذا اللقاء، لكن فليحاولوا.»</p></blockquote>",
        "<p>تبقى البورصة مغلقة اليوم.</p>",
        "<p>قال البنك ذلك في جملة واحدة.</p>",
    ],
    [
        "تبدأ اليوم أول محادثات منذ بدء الغزو على الحدود.",
        "رفع البنك المركزي سعر الفائدة إلى أكثر من الضعف.",
        "أكثر من 500 ألف شخص غادروا البلاد.",
    ],
    "ذكرت نسخة سابقة مسافة خاطئة عن الحدود، وهي نحو 50 كيلومترًا.",
    "مكان المحادثات بقدر ما هو معروف.",
)


class Scene(NamedTuple):
    coverage: Coverage
    posted: list[Update]
    """Newest first."""

    @property
    def path(self) -> str:
        return self.coverage.get_absolute_url()

    @property
    def article(self) -> str:
        """The address of an update with headline, photo, text and correction."""
        return self.posted[2].get_absolute_url()


def photo(name: str = "talks.png", alt: str = "A map of the region", credit: str = "Map: The Meridian") -> Photo:
    with data.PHOTOS.joinpath(name).open("rb") as file:
        return sources.add_photo(image=File(file), alt=alt, credit=credit)


def scene(
    slug: str, words: Words = ENGLISH, *, language: str = "en", picture: Photo | None = None, **own: Any
) -> Scene:
    """A coverage that went live five hours ago and has everything: pinned, key, corrected, edited, with a link."""
    begun = timezone.now() - timedelta(hours=5)
    author = sources.author_named(words.author)
    placed = [PlacedPhoto(picture, words.caption)] if picture else []
    about: dict[str, Any] = {"headline": words.headline, "summary": words.summary, "section": words.section} | own
    about |= {"authors": [author], "lead": placed[0] if placed else None}
    # A server remembers what was at an address; tables are emptied behind its back.
    slug = f"{slug}-{secrets.token_hex(4)}"
    coverage = coverages.create(slug=slug, language=language, time_zone="Europe/Kyiv", **about)
    coverage = coverages.start(coverage, at=begun)
    posted = [
        updates.post(
            coverage,
            headline=words.headlines[number % 3],
            body=words.bodies[number % 3],
            authors=[author],
            key_event=number % 3 == 0,
            photos=placed if number == 9 else [],
            embed="https://www.youtube.com/watch?v=aqz-KE-bpKQ" if number == 10 else "",
            published_at=begun + timedelta(minutes=20 * number + 5),
        ).update
        for number in range(12)
    ]
    updates.pin(posted[8])
    posted[9] = updates.edit(posted[9], correction=words.correction)
    points = [KeyPointContent(text, update) for text, update in zip(words.points, posted, strict=False)]
    coverages.set_key_points(coverage, points)
    return Scene(Coverage.objects.get(pk=coverage.pk), posted[::-1])


def pseudo_scene(slug: str, picture: Photo | None = None) -> Scene:
    """In the pseudo-locale, which editors cannot choose."""
    made = scene(slug, ARABIC, language="ar", picture=picture)
    Coverage.objects.filter(pk=made.coverage.pk).update(language=PSEUDO)
    return made

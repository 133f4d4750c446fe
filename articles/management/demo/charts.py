"""The demo's charts. The numbers stand here, each with its source on the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from articles.management.demo.plate import ACCENT, HAIR, INK, PAPER, QUIET, Fonts, Sheet, Type

TITLE = Type("serif", 84, weight=600)
LEDE = Type("sans", 44, QUIET)
LABEL = Type("sans", 48)
VALUE = Type("sans-bold", 50)
SMALL = Type("sans", 40, QUIET)
LEFT, RIGHT, SLATE = 70, 1730, "#7d95a0"


def page(fonts: Fonts, title: str, lede: str, source: str) -> Sheet:
    sheet = Sheet(1800, 1200, fonts, PAPER)
    sheet.box(LEFT, 62, LEFT + 120, 70, INK)
    sheet.text((LEFT, 104), title, TITLE, "la")
    sheet.text((LEFT, 222), lede, LEDE, "la")
    sheet.text((LEFT, 1136), f"Source: {source}", SMALL, "ls")
    return sheet


def bars(sheet: Sheet, rows: list[tuple[str, float, str, str]], top: float, left: float, full: float) -> None:
    """Rows of label, value, how to write it, and color; `full` is the value of a bar of full length."""
    step = (1070 - top) / len(rows)
    for i, (label, value, written, color) in enumerate(rows):
        y = top + step * (i + 0.5)
        end = left + (RIGHT - 220 - left) * value / full
        sheet.box(left, y - step * 0.31, end, y + step * 0.31, color)
        sheet.text((left - 28, y), label, LABEL, "rm")
        sheet.text((end + 22, y), written, VALUE, "lm")
    sheet.line([(left, top), (left, 1070)], INK, 3)


def refugees(fonts: Fonts) -> Sheet:
    sheet = page(
        fonts,
        "Half a million people in five days",
        "People who have left Ukraine since Feb. 24, by the country\nthat they crossed into. Count of Feb. 28, 2022.",
        "UNHCR",
    )
    counts = {"Poland": 281_000, "Hungary": 84_500, "Moldova": 36_400, "Romania": 32_500, "Slovakia": 30_000}
    rows = [(country, float(n), f"{n:,}", "#3f5863" if country == "Poland" else SLATE) for country, n in counts.items()]
    bars(sheet, [*rows, ("Farther on in Europe", 34_600, "34,600", "#b9c4c9")], 370, 590, 281_000)
    return sheet


def ruble(fonts: Fonts) -> Sheet:
    sheet = page(
        fonts,
        "The price of a dollar, in rubles",
        "Official rate of Friday, and prices on Monday, Feb. 28, 2022",
        "Bank of Russia; Moscow Exchange; news agencies",
    )
    rows = [
        ("Friday, official", 83.5, "83.5", SLATE),
        ("Overnight, abroad", 119.5, "119.5", ACCENT),
        ("Moscow, opening", 90.0, "90.0", SLATE),
        ("One hour later", 95.5, "95.5", SLATE),
        ("Official for Tuesday", 93.6, "93.6", SLATE),
    ]
    bars(sheet, rows, 330, 590, 119.5)
    return sheet


MONTHS = [(date(2021, 1, 1), "Jan. 2021"), (date(2021, 7, 1), "July"), (date(2022, 1, 1), "Jan. 2022")]
RATES = [
    (date(2021, 1, 1), 4.25),
    (date(2021, 3, 22), 4.5),
    (date(2021, 4, 26), 5.0),
    (date(2021, 6, 15), 5.5),
    (date(2021, 7, 26), 6.5),
    (date(2021, 9, 13), 6.75),
    (date(2021, 10, 25), 7.5),
    (date(2021, 12, 20), 8.5),
    (date(2022, 2, 14), 9.5),
    (date(2022, 2, 28), 20.0),
]


@dataclass(frozen=True)
class Plot:
    """Where days and percentages stand on the sheet."""

    left: float = 170
    right: float = 1540
    low: float = 1000
    high: float = 370
    top: int = 20

    def x(self, day: date) -> float:
        first, last = date(2021, 1, 1), date(2022, 3, 1)
        return self.left + (self.right - self.left) * ((day - first) / (last - first))

    def y(self, rate: float) -> float:
        return self.low - (self.low - self.high) * rate / self.top


def axes(sheet: Sheet, plot: Plot) -> None:
    for rate in range(0, plot.top + 1, 5):
        sheet.line([(plot.left, plot.y(rate)), (plot.right, plot.y(rate))], HAIR if rate else INK, 3)
        sheet.text((plot.left - 24, plot.y(rate)), f"{rate}%" if rate == plot.top else str(rate), SMALL, "rm")
    for i, (day, text) in enumerate(MONTHS):
        sheet.line([(plot.x(day), plot.low), (plot.x(day), plot.low + 16)], INK, 3)
        sheet.text((plot.x(day), plot.low + 36), text, SMALL, "ma" if i else "la")


def key_rate(fonts: Fonts) -> Sheet:
    sheet = page(fonts, "From 9.5 to 20 percent in a day", "Key rate of the Bank of Russia", "Bank of Russia")
    plot = Plot()
    axes(sheet, plot)
    corners = [(plot.x(RATES[0][0]), plot.y(RATES[0][1]))]
    for day, rate in RATES[1:]:
        corners += [(plot.x(day), corners[-1][1]), (plot.x(day), plot.y(rate))]
    sheet.line(corners[:-1], INK, 8)
    sheet.line(corners[-2:], ACCENT, 10)
    (x, foot), (_, peak) = corners[-2:]
    sheet.disc((x, peak), 15, ACCENT)
    sheet.text((corners[0][0] + 24, corners[0][1] - 26), "4.25", VALUE, "ls")
    sheet.text((x - 30, foot - 22), "9.5", VALUE, "rs")
    sheet.text((x + 36, peak), "20", Type("sans-bold", 72, ACCENT), "lm")
    sheet.text((x + 36, peak + 66), "Feb. 28", SMALL, "lm")
    return sheet


VOTES = [
    (
        "In favor",
        INK,
        "Albania  Brazil  Britain  France  Gabon  Ghana,\nIreland  Kenya  Mexico  Norway  United States",
        11,
    ),
    ("Against", ACCENT, "Russia", 1),
    ("Abstained", "#b3aa98", "China  India  United Arab Emirates", 3),
]


def security_council(fonts: Fonts) -> Sheet:
    sheet = page(
        fonts,
        "Eleven for, one against",
        "Vote of the Security Council on Feb. 27, 2022, on calling an\nemergency session of the General Assembly",
        "United Nations",
    )
    top = 360.0
    for label, color, names, count in VOTES:
        sheet.line([(LEFT, top), (RIGHT, top)], HAIR, 3)
        sheet.text((LEFT, top + 72), label, VALUE, "lm")
        sheet.text((LEFT + 400, top + 72), str(count), Type("serif", 84, color, 600), "rm")
        for i in range(count):
            sheet.disc((LEFT + 494 + i * 106, top + 72), 42, color)
        sheet.text((LEFT + 454, top + 146), names.replace("  ", ", "), Type("sans", 44, QUIET), "la")
        top += 278 if "\n" in names else 224
    return sheet


CHARTS: dict[str, Callable[[Fonts], Sheet]] = {
    "refugees": refugees,
    "ruble": ruble,
    "key-rate": key_rate,
    "security-council": security_council,
}

"""What cameras, agencies and programs write into a picture's file."""

from django.core.files.base import ContentFile

NUMBERS = {
    "headline": 105, "credit": 110, "byline": 80, "caption": 120, "day": 55, "hour": 60, "city": 90, "country": 101,
    "rights": 116,
}  # fmt: skip


def iptc(*more: tuple[int, int, bytes], **datasets: bytes) -> bytes:
    """An APP13 segment with IPTC-IIM, as agencies' files carry it (Photoshop image resource 0x0404).

    `more`: datasets by record and number, which come first.
    """
    rows = [*more, *((2, NUMBERS[name], text) for name, text in datasets.items())]
    data = b"".join(b"\x1c" + bytes([record, number]) + len(text).to_bytes(2) + text for record, number, text in rows)
    resource = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(data).to_bytes(4) + data + b"\x00" * (len(data) % 2)
    return b"\xff\xed" + (len(resource) + 2).to_bytes(2) + resource


def with_segment(jpeg: bytes, segment: bytes) -> ContentFile:
    return ContentFile(jpeg[:2] + segment + jpeg[2:], "agency.jpg")


def xmp(elements: str, attributes: str = "", before: str = "") -> str:
    """XMP that says this of its picture."""
    return (
        f'{before}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" '
        f"{attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def said(name: str, *items: str, kind: str = "Alt") -> str:
    """One property of XMP as a list or alternatives: the first in the default language, the others in German."""
    languages = ("x-default", *("de" for _ in items))
    rows = (f'<rdf:li xml:lang="{language}">{item}</rdf:li>' for item, language in zip(items, languages, strict=False))
    return f"<{name}><rdf:{kind}>{''.join(rows)}</rdf:{kind}></{name}>"

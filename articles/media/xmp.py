"""XMP, the RDF in a picture's file (ISO 16684-1): its simple, alternative and list properties.

Runs in the decoder's process, without Django. A document type is refused: no entities, nothing from outside.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Never
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

type Properties = dict[str, list[str]]
"""By usual prefix and name, such as dc:creator: all entries of a list, one of alternatives, or what is said simply.

No text among them is empty, and none holds other white space than single spaces.
"""

LONGEST = 4 << 20
"""Letters; a longer one, most of which is what a program wrote for itself, says nothing."""
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_HOLDERS = {f"{_RDF}{kind}" for kind in ("Alt", "Bag", "Seq")}
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What programs pad XMP with or leave in its texts, and no XML may hold."""


def properties(data: bytes | str) -> Properties:
    """Of the properties in _PREFIXES those that say something; none where the XMP is damaged."""
    said: Properties = {}
    for name, texts in _stated(_tree(_NOT_XML.sub("", _decoded(data)).strip())):
        namespace, _, local = name.rpartition(" ")
        if texts and namespace in _PREFIXES:
            said.setdefault(f"{_PREFIXES[namespace]}:{local}", texts)
    return said


def _decoded(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return data.decode("utf-16" if utf16 else "utf-8-sig", "replace")


def _tree(text: str) -> Element:
    """Its names are "namespace local". An empty element where this is no XML."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text if len(text) <= LONGEST else "", True)
    except (expat.ExpatError, _Refused):
        return Element("")
    return builder.close()


class _Refused(Exception):
    pass


def _refuse(*_: object) -> Never:
    raise _Refused


def _stated(root: Element) -> Iterator[tuple[str, list[str]]]:
    """What is said of the picture itself; what stands deeper is of those that it was made of."""
    rdf = next((element for element in (root, *root) if element.tag == f"{_RDF}RDF"), ())
    for description in rdf:
        for name, value in description.items():
            yield name, _texts([value])
        for element in description:
            yield element.tag, _values(element)


def _values(element: Element) -> list[str]:
    holder = next((child for child in element if child.tag in _HOLDERS), None)
    if holder is None:
        return _texts([_value(element)])
    items = [item for item in holder if item.tag == f"{_RDF}li"]
    if holder.tag != f"{_RDF}Alt":
        return _texts(map(_value, items))
    items.sort(key=lambda item: item.get(_LANGUAGE, "").lower() != "x-default")
    return _texts(map(_value, items))[:1]


def _value(element: Element) -> str:
    """Of what has qualifiers, the value."""
    return next(element.iter(f"{_RDF}value"), element).text or ""


def _texts(values: Iterable[str]) -> list[str]:
    return [text for value in values if (text := " ".join(value.split()))]

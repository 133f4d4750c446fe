"""Our scripts and style sheets are collected small, and each script whole."""

import re
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.templatetags.static import static

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def storage(settings: Any, tmp_path: Path) -> Path:
    """The storage that is used in production, on folders of its own; gives that of the sources."""
    settings.STATICFILES_DIRS = [tmp_path / "sources"]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liveblog.storage.StaticStorage"}}
    return tmp_path / "sources"


def collect(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / re.sub(r"(\w+)_(js|css)$", r"\2/\1.\2", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    call_command("collectstatic", interactive=False, verbosity=0)


def collected(name: str) -> Path:
    return Path(staticfiles_storage.path(static(name).removeprefix("/static/")))


def test_a_script_holds_what_it_imports_once_and_in_order(storage: Path) -> None:
    collect(
        storage,
        page_js="import './times.js';\nimport { place } from './place.js';\nexport const page = place + 1;\n",
        times_js="import {\n  place,\n} from './place.js';\n\nconst time = place;\n",
        place_js="/** Where. */\nexport const place = 1; // isn't it\nexport async function go(somewhere) {}\n",
    )
    text = collected("js/page.js").read_text()
    assert [text.index(word) for word in ("place=1", "time=place", "page=place")] == sorted(
        text.index(word) for word in ("place=1", "time=place", "page=place")
    )
    assert text.count("place=1") == 1
    assert not re.search(r"import|Where|isn't|\n", text)
    assert text.count("export") == 1, "its own: somebody else's page may import it"
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        static("js/place.js")  # a part of another is not linked to by itself


def test_what_a_script_means_stays(storage: Path) -> None:
    """Names that the server's HTML, its data and browsers use, and the newest syntax."""
    kept = [".dataset.yourTime", ".published_at", "?.call", "??=", "/[a-z]+\\/`/u", "connectedCallback"]
    collect(
        storage,
        one_js="export class One extends HTMLElement {\n  #secret = 1;\n  connectedCallback() {\n"
        "    this.said ??= this.dataset.yourTime;\n    this.#secret += delta.published_at;\n"
        "    window.later?.call(/[a-z]+\\/`/u, `a ${this.#secret} b`);\n  }\n}\n",
        two_js="import { Extension } from \"some-package\";\nimport { One } from './one.js';\nuse(Extension, One);\n",
    )
    text = collected("js/two.js").read_text()
    assert [part for part in kept if part not in text] == []
    assert re.search(r'import ?\{ ?Extension ?\} ?from ?"some-package"', text)


def test_a_style_sheet_is_minified_and_leads_to_its_files(storage: Path) -> None:
    collect(
        storage, page_css="/* why */\na {\n  color: #ff0000;\n  background: url('../dot.png');\n}\n", **{"dot.png": ""}
    )
    text = collected("css/page.css").read_text()
    assert "why" not in text
    assert re.search(r"url\(.?\.\./dot\.[0-9a-f]{12}\.png", text)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"a_js": "export default 1;\n"}, "cannot be bundled"),
        ({"a_js": "import * as b from './b.js';\n", "b_js": ""}, "cannot be bundled"),
        ({"a_js": "const b = () => import('./b.js');\n", "b_js": ""}, "cannot be bundled"),
        ({"a_js": "import './c.js';\n"}, "js/a.js imports js/c.js, which does not exist"),
        (
            {"a_js": "import './b.js';\nfunction same() {}\n", "b_js": "function same() {}\n"},
            "two of its .* declare same",
        ),
        ({"a_js": "const = 1;\n"}, "cannot be minified"),
    ],
)
def test_what_cannot_be_bundled_is_refused(storage: Path, texts: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        collect(storage, **texts)


def test_all_our_scripts_are_at_most_ten_kilobytes(storage: Path, settings: Any) -> None:
    settings.STATICFILES_DIRS = [PROJECT / "static"]
    call_command("collectstatic", interactive=False, verbosity=0)
    pages = list(Path(settings.STATIC_ROOT, "js").glob("*.????????????.js"))
    assert pages
    for path in pages:
        packed = path.with_name(f"{path.name}.br").read_bytes()
        assert brotli.decompress(packed) == path.read_bytes()
        assert len(packed) <= 10_000

"""What browsers load."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from sessionhours.server.assets import IMPORT, Assets, web_folder
from tests.server.lobby import ASSETS, lobby


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small ``web/`` with all that must and must not be seen."""
    files = {
        "console/main.js": 'import { a } from "./store.js";\nimport "../shared/html.js";\n',
        "console/store.js": 'export * from "../shared/html.js";\nimport {\n  c,\n} from "./deep/er.js";\n',
        "console/deep/er.js": "import x from '../main.js';\n",
        "console/alone.js": "export const nothing = 1;\n",
        "console/main.test.ts": "secret",
        "console/.env": "secret",
        "console/notes.md": "secret",
        "shared/html.js": "export const a = 1;\n" * 100,
        "styles/base.css": "body {}\n" * 100,
        "fonts/sans.woff2": "\0\1\2",
        "icons.svg": "<svg/>" * 100,
        "package.json": "secret",
        "tsconfig.json": "secret",
        "vendor.mjs": "secret",
        "templates/login.html": "secret",
        "templates/evil.js": "secret",
        "node_modules/x/index.js": "secret",
        "phone/phone.js": "secret",
    }
    web = tmp_path / "web"
    for name, text in files.items():
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(text)
    (tmp_path / "outside.js").write_text("secret")
    (web / "console/link.js").symlink_to(tmp_path / "outside.js")
    return web


def test_only_what_browsers_need_is_there(folder: Path) -> None:
    assert sorted(Assets(folder).files) == [
        "console/alone.js",
        "console/deep/er.js",
        "console/main.js",
        "console/store.js",
        "fonts/sans.woff2",
        "icons.svg",
        "shared/html.js",
        "styles/base.css",
    ]


def test_the_release_changes_with_any_file(folder: Path) -> None:
    before = Assets(folder).release
    assert Assets(folder).release == before
    (folder / "package.json").write_text("other")
    assert Assets(folder).release == before
    (folder / "styles/base.css").write_text("body { }\n")
    changed = Assets(folder).release
    assert changed != before
    (folder / "styles/base.css").rename(folder / "styles/other.css")
    assert Assets(folder).release != changed


def test_modules_are_told_before_they_are_asked_for(folder: Path) -> None:
    assets = Assets(folder)
    told = [url.removeprefix(f"/assets/{assets.release}/") for url in assets.modules("console/main.js")]
    assert told == ["console/main.js", "console/store.js", "shared/html.js", "console/deep/er.js"]
    assert assets.modules("console/nothing.js") == []


def test_an_asset_that_is_not_there_cannot_be_linked(folder: Path) -> None:
    with pytest.raises(KeyError):
        Assets(folder).url("styles/nothing.css")


def test_comments_on_lines_of_their_own_stay_here_and_lines_keep_their_numbers(folder: Path) -> None:
    source = """/** A module.
 * Long. */
import { a } from "./a.js"; /* why */
  /** @type {number} */ (a).b();
/*! licence */
const text = "/* not a comment */";
"""
    (folder / "console/main.js").write_text(source)
    kept = source.replace("/** A module.\n * Long. */", "\n").replace("  /** @type", "/** @type")
    assert Assets(folder).files["console/main.js"].body.decode() == kept


def test_a_sheet_goes_with_those_that_it_imports(folder: Path) -> None:
    (folder / "styles/console").mkdir()
    (folder / "styles/console/bar.css").write_text(".bar {}\n")
    (folder / "styles/all.css").write_text(
        """/* In order. */\n@import "base.css";\n@import "console/bar.css";\n"""
    )
    sheet = Assets(folder).files["styles/all.css"].body.decode()
    assert sheet == "\n" + "body {}\n" * 100 + "\n.bar {}\n\n"


def test_the_console_is_light() -> None:
    first = paths("console/main.js") | {"console/de.js", "icons.svg", "styles/console.css"}
    assert weight(first) < 60_000
    later = paths("console/views/later.js") | {"console/de_later.js"}
    assert weight(first | later) < 80_000, "with all that is fetched once the queue stands"


def paths(entry: str) -> set[str]:
    """A module and all it imports."""
    return {url.split("/", 3)[3] for url in ASSETS.modules(entry)}


def weight(files: set[str]) -> int:
    """Bytes on the wire."""
    return sum(len(ASSETS.files[path].small or b"") for path in files)


async def test_an_asset_is_kept_for_ever_and_small(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        url = ASSETS.url("styles/base.css")
        response = await client.get(url, headers={"accept-encoding": "br, gzip;q=0.8"})
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "accept-encoding"
        assert response.content == ASSETS.files["styles/base.css"].body
        assert int(response.headers["content-length"]) < len(response.content)
        for refused in ("identity", "", "gzip;q=0", "gzip; q=0.00"):
            plain = await client.get(url, headers={"accept-encoding": refused})
            assert "content-encoding" not in plain.headers
            assert plain.content == response.content


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("styles/base.css", "text/css; charset=utf-8"),
        ("vendor/preact.js", "text/javascript; charset=utf-8"),
        ("icons.svg", "image/svg+xml"),
        ("fonts/sans-latin.woff2", "font/woff2"),
    ],
)
async def test_types_are_ours(sqlite_url: str, path: str, kind: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        assert (await client.get(ASSETS.url(path))).headers["content-type"] == kind


@pytest.mark.parametrize(
    "path",
    [
        "../../pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/%2e%2e/pyproject.toml",
        "styles/../../pyproject.toml",
        "styles//base.css",
        "/etc/passwd",
        "//etc/passwd",
        "styles\\base.css",
        "styles/base.css%00.js",
        "package.json",
        "tsconfig.json",
        "biome.json",
        "vendor.mjs",
        "templates/login.html",
        "node_modules/preact/package.json",
        "vendor/preact.d.ts",
        "",
        "styles",
        "styles/",
    ],
)
async def test_nothing_else_is_served(sqlite_url: str, path: str) -> None:
    async with lobby(sqlite_url) as house, house.client(follow_redirects=True) as client:
        assert (await client.get(f"/assets/{ASSETS.release}/{path}")).status_code == 404


async def test_another_release_is_not_answered_with_this_one(sqlite_url: str) -> None:
    async with lobby(sqlite_url) as house, house.client() as client:
        response = await client.get("/assets/0123456789abcdef/styles/base.css")
        assert response.status_code == 404
        assert response.headers["cache-control"] == "no-store"


def test_every_import_of_ours_leads_somewhere() -> None:
    """A module that cannot be loaded stops the console, and nobody would be told before."""
    for path, asset in ASSETS.files.items():
        if path.endswith(".js"):
            named = set(IMPORT.findall(asset.body.decode()))
            assert len(ASSETS._imports(path)) == len(named), (path, named)


def test_every_address_in_a_style_leads_somewhere() -> None:
    for path, asset in ASSETS.files.items():
        if path.endswith(".css"):
            for address in re.findall(r"url\(([^)]+)\)", asset.body.decode()):
                assert (web_folder() / Path(path).parent / address).resolve().is_file(), (path, address)


def test_the_small_form_is_the_same_file() -> None:
    for asset in ASSETS.files.values():
        assert asset.small is None or gzip.decompress(asset.small) == asset.body

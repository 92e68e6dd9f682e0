"""The site: numbers from the package, nothing from elsewhere."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import course
from course.published import PUBLISHED

ROOT = Path(course.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(language):
    """What the hook reads of a page of MkDocs."""
    return SimpleNamespace(file=SimpleNamespace(src_uri=f"{language}/page.md"))


@pytest.mark.parametrize(("language", "head"), [("en", "Builder"), ("ko", "함수")])
def test_table_has_every_network_of_the_lecture(hooks, language, head):
    text = "before\n\n<!-- published modern_cnn -->\n"
    table = hooks.on_page_markdown(text, page=page(language))
    assert table.startswith(f"before\n\n| {head} |")
    for name, row in PUBLISHED.items():
        assert f"| `{name}` | {row.depth} | {row.parameters:,} |" in table


def test_unknown_lecture_stops_the_build(hooks):
    with pytest.raises(hooks.PluginError, match="no network of 'cooking'"):
        hooks.on_page_markdown("<!-- published cooking -->", page=page("en"))


def test_site_builds_and_loads_nothing_from_elsewhere(tmp_path):
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", tmp_path]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert {"en", "ko"} <= {page.parent.name for page in pages}
    for page in pages:
        loaded = re.findall(
            r"<(?:script|img|iframe)[^>]+src=[\"']?(?:https?:)?//|"
            r"<link[^>]+rel=[\"']?stylesheet[\"']?[^>]+href=[\"']?(?:https?:)?//",
            page.read_text(encoding="utf-8"),
        )
        assert not loaded, page

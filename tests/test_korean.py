"""Nothing that a student reads is missing in Korean, stale, or against the glossary."""

import ast
from unicodedata import east_asian_width

import pytest
from babel.messages.catalog import Catalog

from course.authoring import catalog, prose
from course.authoring.build import ROOT, Lab
from course.authoring.glossary import Glossary, Term
from course.exercises import LABS, load
from course.exercises.source import docstring, stub_source
from course.language import KOREAN, pgettext

EXERCISES = [e.id for lecture in LABS.values() for e in load(lecture).values()]
SMALL = Glossary((Term("kernel", ("커널",), ("핵",)), Term("max pool", ("최대 풀링",))))


def columns(text):
    return sum(1 + (east_asian_width(c) in "WF") for c in text)


def test_catalog_and_prose_are_complete_and_follow_the_glossary():
    wrong = catalog.everything_wrong()
    assert not wrong, (
        f"{len(wrong)} texts of the Korean catalog or of a lab; fill them in, or leave "
        "them to somebody who writes Korean and say so:\n" + "\n".join(wrong)
    )


def test_every_kind_of_text_is_collected():
    collected = {m.id for m in catalog.messages() if m.id}
    exercise = load("modern_cnn")["vgg_block"]
    wanted = [
        "{exercise}: not attempted yet",  # the panel
        "computes the right values",  # a constant
        "a ValueError",  # compare
        "exercises passed",  # a student's page
        "three axes",  # a note
        exercise.mistakes[0].name,
        exercise.mistakes[0].hint,
        docstring(exercise.id),
    ]
    assert [text for text in wanted if text not in collected] == []


def test_no_message_hides_where_it_is_not_collected():
    """A call of gettext on a constant inside of an f-string would be overlooked."""
    collected = {m.id for m in catalog.messages() if m.id}
    for path in catalog.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in ("gettext", "deferred"):
                (message,) = node.args
                assert not isinstance(message, ast.JoinedStr), path
                if isinstance(message, ast.Constant):
                    assert message.value in collected, (path, message.value)


def made(*rows):
    new = Catalog(locale=KOREAN)
    for message, string, context in rows:
        new.add(message, string, context=context)
    return new


def test_missing_stale_and_broken_entries_are_named():
    code = made(("{n} kernels", "", None), ("new", "", None), ("Spec.", "", "m.f"))
    kept = made(("{n} kernels", "{m}개", None), ("gone", "없음", None))
    found = catalog.problems(kept, code)
    assert found == [
        "'{n} kernels': 'kernel' is 커널 in Korean",
        "'{n} kernels': fields ['m'] instead of ['n']",
        "no longer in the code: 'gone'",
        "not translated: 'new'",
        "not translated: m.f: Spec.",
    ]


def test_changing_a_specification_makes_its_translation_stale():
    kept, code = made(("Old.", "옛것.", "m.f")), made(("New.", "", "m.f"))
    assert len(catalog.problems(kept, code)) == 2


def test_update_keeps_translations_and_compiling_notices_changes(tmp_path, monkeypatch):
    source, compiled = tmp_path / "course.po", tmp_path / "course.mo"
    source.write_bytes(catalog.SOURCE.read_bytes())
    monkeypatch.setattr(catalog, "SOURCE", source)
    monkeypatch.setattr(catalog, "COMPILED", compiled)
    assert not catalog.is_compiled()
    catalog.update()
    assert source.read_bytes() == catalog.SOURCE.read_bytes()
    catalog.compile_messages()
    assert catalog.is_compiled()
    source.write_text(source.read_text("utf-8").replace("힌트:", "귀띔:"), "utf-8")
    assert not catalog.is_compiled()


@pytest.mark.parametrize(
    ("english", "korean", "slips"),
    [
        ("two kernels", "커널이 두 개", 0),
        ("two kernels", "알맹이가 두 개", 1),
        ("the `kernel`", "이것", 0),
        ("    kernel: its side", "    kernel: 한 변", 0),
        ("kernelless", "없음", 0),
        ("a max\npool", "최대\n풀링", 0),
        ("a max pool", "맥스 풀", 1),
        ("4 * kernel", "4 * kernel", 0),
        ("", "핵", 1),
    ],
)
def test_glossary(english, korean, slips):
    assert len(SMALL.slips(english, korean)) == slips


def test_glossary_names_the_line_it_cannot_read(tmp_path):
    path = tmp_path / "glossary.tsv"
    path.write_text("kernel\t커널\nkernel\t핵\n", "utf-8")
    with pytest.raises(ValueError, match="line 2"):
        Glossary.read(path)


def test_pages_of_the_site_are_prose_too():
    rows = {place: (english, korean) for place, english, korean in prose.pairs()}
    english, korean = rows["docs/ko/05_modern_cnn.md"]
    assert english.startswith("# 05 Modern") and korean.startswith("# 05 현대")
    fenced = "`a`\n```sh\nmake lab  # {}\n```\n"
    both = [fenced.format(comment) for comment in ("opens it", "엽니다")]
    assert prose._skeleton(both[0]) == prose._skeleton(both[1])


def test_prose_that_lags_behind_its_english_is_named(tmp_path):
    path = tmp_path / "prose.tsv"
    before = [("lab 05", "# A `x`\n", "# 가 `x`\n"), ("lab 05", "Alone.\n", "")]
    prose.record(before, path=path)
    (found,) = prose.problems(before, prose.read(path), SMALL)
    assert found == "lab 05, 'Alone.': no Korean text"
    after = [("lab 05", "## A kernel `x`\n", "# 가 `x`\n")]
    prose.record(after, path=path)  # the Korean was not touched: not recorded anew
    found = prose.problems(after, prose.read(path), SMALL)
    assert len(found) == 3
    assert "written for another English text" in found[0]
    assert "headings" in found[1]
    prose.record(after, confirm=True, path=path)
    assert len(prose.problems(after, prose.read(path), SMALL)) == 2


@pytest.mark.parametrize("exercise", EXERCISES)
def test_korean_specification_fits_the_stub(exercise):
    """The same arguments in the same order, sections, and lines that fit a screen."""
    korean = pgettext(exercise, docstring(exercise), KOREAN)
    if korean == docstring(exercise):
        pytest.skip("not translated; the test of the catalog says so")
    cells = Lab("05", "modern_cnn", ROOT).notebook(KOREAN)["cells"]
    (cell,) = (c for c in cells if c["id"] == exercise.replace(".", "-"))
    stub = "".join(cell["source"])
    (function,) = ast.parse(stub).body
    (english,) = ast.parse(stub_source(exercise)).body
    assert ast.get_docstring(function) == korean
    assert ast.dump(function.args) == ast.dump(english.args)
    assert ast.dump(function.body[1]) == ast.dump(english.body[1])
    assert max(map(columns, stub.splitlines())) <= 88
    for text in (korean, docstring(exercise)):
        assert text.count("\n") > 5
    assert outline(korean) == outline(docstring(exercise))


def outline(text):
    lines = text.replace("출처:", "Source:").splitlines()
    starts = ("Args:", "Returns:", "Raises:", "Source:")
    entries = []
    for line in lines:
        if line.startswith(starts):
            entries.append(line.partition(":")[0])
        elif entries[-1:] != ["Returns"] and line[:4] == "    " and line[4:5] != " ":
            entries.append(line.strip().partition(":")[0])
    return entries


def test_korean_lab_chooses_korean_before_the_first_panel():
    cells = Lab("05", "modern_cnn", ROOT).notebook(KOREAN)["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    assert 'use_language("ko")' in code[1]
    assert not any("check(" in source for source in code[:2])


def test_english_lab_says_nothing_of_languages():
    lab = Lab("05", "modern_cnn", ROOT).notebook()
    assert "use_language" not in str(lab["cells"])

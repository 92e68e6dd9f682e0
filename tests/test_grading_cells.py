import ast
import linecache

import pytest

from course.grading.cells import drop_magics, filename, parse_cell


def parses_to(source):
    """The magic-free text, once it is known to be Python."""
    text = drop_magics(source)
    ast.parse(text)
    assert text.count("\n") == source.count("\n"), "line numbers must not move"
    return text


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!pip install -q keras",
        "!echo \"it's (open",
        "%load_ext autoreload",
        "resnet?",
        "?resnet",
        "keras.layers.Conv2D??",
        "files = !ls -l",
        "out = %timeit -o f()",
        "a, b = !ls",
    ],
)
@pytest.mark.parametrize("indent", ["", "    "])
def test_line_magics_are_dropped_where_they_stand(line, indent):
    head = "if True:\n" if indent else ""
    namespace = {}
    exec(parses_to(f"{head}{indent}{line}\nx = 1"), namespace)
    assert namespace["x"] == 1


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = (7\n     % 4)", 3),
        ("x = 7 \\\n  % 4", 3),
        ("x = '''\n%time\n!ls\n'''", "\n%time\n!ls\n"),
        ('x = """a\nb?\n"""', "a\nb?\n"),
        ("x = 'what?'  # why?", "what?"),
        ("# 왜 그럴까?\nx = 1", 1),
        ("x = '%d' % 3", "3"),
        ("x = [1,\n'!no',\n2][1]", "!no"),
        ("x = 1 != 2", True),
    ],
)
def test_python_that_looks_like_magic_stays(source, value):
    for magic in ("", "\n%matplotlib inline"):
        namespace = {}
        exec(parses_to(source + magic), namespace)
        assert namespace["x"] == value


@pytest.mark.parametrize("magic", ["time", "timeit -n 1", "capture out", "prun"])
def test_cell_magics_around_python_keep_the_rest(magic):
    assert "x = 1" in parses_to(f"\n%%{magic}\nx = 1\n!ls")


@pytest.mark.parametrize("magic", ["bash", "html", "writefile a.py", "javascript"])
def test_cell_magics_around_another_language_empty_the_cell(magic):
    assert parses_to(f"%%{magic}\nrm -rf x; x = 1\n<b>").strip() == ""


def test_time_keeps_its_statement():
    namespace = {}
    exec(parses_to("%time x = 3"), namespace)
    assert namespace["x"] == 3


def test_a_shell_command_over_several_lines_goes_as_a_whole():
    assert parses_to("!pip install a \\\n   b \\\n   c\nx = 1").split() == [
        "pass",
        "x",
        "=",
        "1",
    ]


def names(statements):
    return [getattr(s, "name", None) or s.targets[0].id for s in statements]


@pytest.mark.parametrize(
    ("source", "kept", "line", "lost"),
    [
        ("def f():\n    return 1\ndef g()\n    return 2", ["f"], 3, ["g"]),
        ("def g()\n    return 2\ndef f():\n    return 1", ["f"], 1, ["g"]),
        ("a = 1\nb = = 2\nc = 3", ["a", "c"], 2, ["b"]),
        ("a = 1\nb = (2\n", ["a"], 2, ["b"]),
        ("@wrap\ndef g(:\n    pass\na = 1", ["a"], 2, ["g"]),
        ("a = '''\nx y z\n'''\nb = = 1\nc = 2", ["a", "c"], 4, ["b"]),
        ("a = 1\n    b = 2\nc = 3", ["c"], 2, ["a"]),
        ("print 'two'\na = 1", ["a"], 1, []),
    ],
)
def test_a_syntax_error_spoils_its_statement_only(source, kept, line, lost):
    statements, broken = parse_cell(4, source)
    assert names(statements) == kept
    assert (broken[0].cell, broken[0].line) == (4, line)
    assert broken[0].message.split(":")[0] in ("SyntaxError", "IndentationError")
    assert list(broken[0].names) == lost


@pytest.mark.parametrize("text", ["x = 1\r\ny = 2\r\n", "x = 1\ry = 2"])
def test_line_ends_of_other_systems(text):
    statements, broken = parse_cell(1, text)
    assert names(statements) == ["x", "y"] and not broken
    assert [s.lineno for s in statements] == [1, 2]


@pytest.mark.parametrize(
    "source",
    ["x = 1\0", "(" * 5000 + ")" * 5000, "-" * 100_000 + "1", "\ud800", "𝔁 = ="],
    ids=["null byte", "deep brackets", "deep tree", "surrogate", "odd letters"],
)
def test_hostile_source_is_broken_not_fatal(source):
    statements, broken = parse_cell(1, source + "\n")
    assert broken and not statements


def test_source_is_registered_for_tracebacks():
    parse_cell(9, "%time\nx = 1\n")
    assert linecache.getline(filename(9), 2) == "x = 1\n"

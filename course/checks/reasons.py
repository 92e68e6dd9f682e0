"""Why work could not be read, loaded or run, in the English that records hold.

A record is read in whatever language its reader has: ``told`` finds the form that a
text was made from and fills the translation of that form.
"""

import re
from functools import cache
from string import Formatter

from course.language import deferred, gettext

# A file, or a student's folder.
NO_FILE = deferred("no notebook (.ipynb) or script (.py) in this folder")
SEVERAL_FILES = deferred("{number} files to choose from ({names}); keep one")
UNREADABLE_FOLDER = deferred("this folder cannot be read: {error}")
OTHER_FILE = deferred("not a notebook (.ipynb) or script (.py)")
LINK = deferred("a symbolic link, not a file")
FOLDER = deferred("a folder, not a notebook")
NOT_REGULAR = deferred("not a regular file")
NOT_OPENED = deferred("cannot be opened: {error}")
NOT_READ = deferred("cannot be read: {error}")
TOO_LARGE = deferred("larger than {most} MiB; clear the outputs and save again")
EMPTY = deferred("the file is empty")
NOT_UTF8 = deferred("not UTF-8 text (byte {byte}); save it as UTF-8")
NOT_JSON = deferred("not a notebook: not JSON ({error})")
NESTED = deferred("nested too deeply")
NO_CELLS = deferred("not a notebook: JSON, but no cells")
MANY_CELLS = deferred("{number} cells; {most} at most")
NOT_TEXT = deferred("not a notebook: the source of a cell is not text")
MUCH_CODE = deferred("{length} characters of code; {most} at most")

# A submission as a whole.
OTHER_LAB = deferred(
    "none of the {number} functions of lab {lab} is defined in it: is it another lab's?"
)
TIME_USED_UP = deferred("the time for the whole submission is used up")
GRADER_FAILED = deferred("the grader failed: {error}")

# What came back from a student's function.
NOT_UNDERSTOOD = deferred("what came back cannot be understood")
NOT_COMPARED = deferred("what came back cannot be understood ({error})")

# What a student's function leans on, and what cannot be looked at.
NOT_PLAIN = deferred(
    "it needs {library}; this exercise is to be written in plain Python or numpy"
)
TOO_MANY_VALUES = deferred("the result has {number} values, far more than asked for")

# What a student's function is, or is not.
IS_NONE = deferred("{name} is None (code cell {cell})")
DELETED = deferred("{name} was deleted (code cell {cell})")
NOT_A_FUNCTION = deferred(
    "{name} is no function but of type {detail} (code cell {cell})"
)
REPLACED = deferred(
    "code cell {cell} replaced {name} by a value of type {kind}; the function of code "
    "cell {home} was graded. Give the result another name"
)
READY_MADE = deferred(
    "ready-made networks, such as those of keras.applications, are not available while "
    "work is graded: build the layers yourself"
)

# Raised by ``course.grading.sandbox.scrub``.
HIDDEN = deferred(
    "PermissionError: {module} is not available while a submission is checked: it "
    "holds finished networks, and the functions are yours to write"
)

# Where an exception came from, and why a function is missing: the child says so.
PLACES = (
    deferred("line {line}"),
    deferred("line {line}: {text}"),
    deferred("code cell {cell}, line {line}: {text}"),
    deferred("{error} (code cell {cell}, line {line}: {text})"),
    deferred("{error} (code cell {cell}, line {line})"),
    deferred("{error} in code cell {cell}, line {line}: {text}"),
    deferred("{error} in line {line}: {text}"),
)

# How the process of a submission ended, or that none could be had.
ENDINGS = (
    deferred("no answer within {seconds} s"),
    deferred("more than {seconds} s of processor time: an endless loop?"),
    deferred("the process answered with something else than data"),
    deferred("the code ended its process (exit status {status})"),
    deferred("the process: more than {most} MiB of memory"),
    deferred("the process: {reason}"),
    deferred("killed (SIGKILL): out of memory, or by its own code"),
    deferred("crashed (SIGSEGV): often endless recursion or too much memory"),
    deferred("aborted (SIGABRT): often out of memory"),
    deferred("crashed (SIGFPE): a library divided by zero, often a size of 0"),
    deferred("crashed (SIGBUS)"),
    deferred("killed by signal {number}"),
    deferred("crashed (access violation): often too much memory"),
    deferred("crashed: out of memory"),
    deferred("crashed: a library divided by zero, often a size of 0"),
    deferred("crashed (stack overflow): often endless recursion"),
    deferred("aborted: often out of memory"),
    deferred("the process that forks children failed: {error}"),
    deferred("the process for a submission did not start: {error}"),
    deferred("no process can be started: {error}"),
    deferred("the reference of {exercise} gave no answer: {reason}"),
)

# How submissions are held back.
LEVELS = (
    deferred(
        "unsealed: separate processes with limits on time, memory and files; the "
        "sealed sandbox is not built yet, so grade only work of people you trust"
    ),
    deferred(
        "unsealed: separate processes, ended when they use too much time or memory, "
        "and nothing more; grade only work of people you trust"
    ),
    deferred(
        "here a submission would be an ordinary process of yours, with a limit on time "
        "and memory and no other. Grade in WSL 2 (on Windows) or in a Linux container "
        "(on macOS); or add --unsafe, if you trust everybody whose work is in the "
        "folder"
    ),
)
_OWN = tuple(value for name, value in list(globals().items()) if name.isupper())
_NUMBERS = ("cell", "line", "home")


def told(text):
    """A text in the reader's language; itself when it has none of the forms here.

    Args:
        text: made from one of the forms, or anything else.
    """
    for form, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            fields = found.groupdict()
            for inner in fields.keys() & {"reason", "error"}:  # may be of a form too
                fields[inner] = told(fields[inner])
            return gettext(form).format(**fields)
    return text


@cache
def _patterns():
    """Rows (form, what a text of that form looks like), the exact ones first."""
    forms = [form for own in _OWN for form in ((own,) if isinstance(own, str) else own)]
    forms.sort(key=lambda form: form.count("{"))
    return [(form, re.compile("".join(_parts(form)), re.S)) for form in forms]


def _parts(form):
    for literal, name, _, _ in Formatter().parse(form):
        yield re.escape(literal)
        if name is not None:
            yield rf"(?P<{name}>\d+)" if name in _NUMBERS else f"(?P<{name}>.*?)"

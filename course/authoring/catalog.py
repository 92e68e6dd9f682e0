"""The translations of what students read: ``python -m course.authoring.catalog``.

People edit ``course/locale/ko/LC_MESSAGES/course.po``; programs read the ``course.mo``
made from it. The prose of a lab stands in its source, in both languages.

Without an argument this compiles; ``update`` first adds what is new in the code,
untranslated, and drops what is gone; ``check`` changes nothing, and says what is
missing, stale or against the glossary; ``confirm`` says that Korean prose was read
again and still fits English that has changed (``course.authoring.prose``).
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from course.authoring import prose
from course.authoring.glossary import Glossary
from course.exercises import LABS, PUBLIC_SEED, load
from course.exercises.source import docstring
from course.language import DOMAIN, KOREAN, LOCALE

PACKAGE = LOCALE.parent
_FOLDER = LOCALE / KOREAN / "LC_MESSAGES"
SOURCE, COMPILED = _FOLDER / f"{DOMAIN}.po", _FOLDER / f"{DOMAIN}.mo"
_MARKS = {"gettext": None, "deferred": None}
# Notes may depend on what a probe draws.
_SEEDS = (PUBLIC_SEED, *range(5))
_WIDTH = 72


def main(arguments):
    """Compile, update or check the catalog.

    Args:
        arguments: [], ["update"], ["check"] or ["confirm"].

    Returns:
        Exit code: 1 when a check finds something.
    """
    if arguments == ["check"]:
        found = everything_wrong()
        print("\n".join(found or ["nothing is missing"]), file=sys.stderr)
        return 1 if found else 0
    if arguments not in ([], ["update"], ["confirm"]):
        print(__doc__, file=sys.stderr)
        return 2
    if arguments == ["update"]:
        update()
    if arguments:
        prose.record(prose.pairs(), confirm=arguments == ["confirm"])
    compile_messages()
    return 0


def everything_wrong():
    """What is wrong with the catalog and with the prose of the labs."""
    found = problems(read(SOURCE), messages())
    found += [] if is_compiled() else [f"{COMPILED.name} is out of date: compile it"]
    return found + prose.problems(prose.pairs(), prose.read(), Glossary.read())


def messages():
    """Every message of the code: a Catalog of English texts without translations."""
    found = Catalog()
    marked = extract_from_dir(PACKAGE, [("**.py", "python")], keywords=_MARKS)
    for file, _, message, _, _ in sorted(marked, key=lambda row: row[0]):
        found.add(message, locations=[(f"course/{Path(file).as_posix()}", None)])
    for lecture in LABS.values():
        for exercise in load(lecture).values():
            place = [(exercise.id, None)]
            found.add(docstring(exercise.id), locations=place, context=exercise.id)
            for text in _texts(exercise):
                found.add(text, locations=place)
    return found


def _texts(exercise):
    notes = [p.note for seed in _SEEDS for p in exercise.draw(seed) if p.note]
    told = [text for m in exercise.mistakes for text in (m.name, m.hint)]
    return dict.fromkeys(notes + told)


def update():
    """Bring the keys of the source to those of the code; translations stay."""
    old, new = read(SOURCE), messages()
    for message in new:
        known = old.get(message.id, message.context) if message.id else None
        message.string = known.string if known else ""
    new.locale, new.project, new.header_comment = KOREAN, DOMAIN, old.header_comment
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    with SOURCE.open("wb") as file:
        write_po(file, new, width=_WIDTH, include_lineno=False)
    missing = sum(not message.string for message in new if message.id)
    if missing:
        print(f"{missing} texts without Korean in {SOURCE.name}", file=sys.stderr)


def compile_messages():
    """Write the catalog that programs read, where it differs."""
    if not is_compiled():
        with COMPILED.open("wb") as file:
            write_mo(file, read(SOURCE))


def is_compiled():
    """Whether the compiled catalog says what the source says."""
    if not COMPILED.exists():
        return False
    with COMPILED.open("rb") as file:
        return _strings(read_mo(file)) == _strings(read(SOURCE))


def _strings(catalog):
    def text(context):  # Babel reads those of a compiled catalog as bytes
        return context.decode() if isinstance(context, bytes) else context

    return {(text(m.context), m.id): m.string for m in catalog if m.id and m.string}


def read(path):
    """A catalog as people edit it."""
    with path.open("rb") as file:
        return read_po(file, locale=KOREAN)


def problems(catalog, template):
    """What is wrong with a catalog, a sentence each.

    Args:
        catalog: the translations.
        template: the messages of the code.
    """
    translated = _strings(catalog)
    wanted = {(m.context, m.id) for m in template if m.id}
    kept = {(m.context, m.id) for m in catalog if m.id}
    found = [f"not translated: {_short(key)}" for key in wanted - set(translated)]
    found += [f"no longer in the code: {_short(key)}" for key in kept - wanted]
    glossary = Glossary.read()
    for key, korean in translated.items():
        slips = glossary.slips(key[1], korean)
        slips += _lost_fields(key[1], korean)
        found += [f"{_short(key)}: {slip}" for slip in slips]
    return sorted(found)


def _lost_fields(english, korean):
    from string import Formatter

    try:
        pair = [
            sorted(name for _, name, _, _ in Formatter().parse(text) if name)
            for text in (english, korean)
        ]
    except ValueError:  # prose with braces of its own is never formatted
        return []
    return [] if pair[0] == pair[1] else [f"fields {pair[1]} instead of {pair[0]}"]


def _short(key):
    context, message = key
    line = message.strip().splitlines()[0]
    return f"{context}: {line}" if context else repr(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

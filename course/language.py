"""The language of what students read.

Messages are written in English where they are needed, and every other language has a
gettext catalog, ``course/locale/<language>/LC_MESSAGES/course.po``, which
``course.authoring.catalog`` keeps complete. Results and records hold English; they are
translated where they are shown.
"""

import gettext as _gettext
import os
from functools import cache
from pathlib import Path

ENGLISH, KOREAN = "en", "ko"
LANGUAGES = (ENGLISH, KOREAN)
LOCALE = Path(__file__).resolve().parent / "locale"
DOMAIN = "course"
VARIABLE = "COURSE_LANG"
# In the order in which POSIX reads them.
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_chosen = None


def use(language):
    """Choose the language of panels and messages in this process.

    Nothing is read from disk until the first message is needed.

    Args:
        language: one of LANGUAGES, or None for what the environment says.

    Raises:
        ValueError: there is no catalog for that language.
    """
    global _chosen
    if language is not None and language not in LANGUAGES:
        known = ", ".join(map(repr, LANGUAGES))
        raise ValueError(f"no language {language!r}; there is {known}")
    _chosen = language


def use_locale():
    """Choose as a command does: COURSE_LANG, then the language of the terminal.

    The standard library (``argparse``) looks its words up in the same catalog.
    """
    setting = os.environ.get(VARIABLE) or next(
        (os.environ[name] for name in _LOCALE_VARIABLES if os.environ.get(name)), ""
    )
    use(_known(setting))
    os.environ["LANGUAGE"] = current()
    _gettext.bindtextdomain(DOMAIN, LOCALE)
    _gettext.textdomain(DOMAIN)


def current():
    """The language in use: the chosen one, else that of COURSE_LANG, else English."""
    return _chosen or _known(os.environ.get(VARIABLE, ""))


def _known(setting):
    """The language of a setting such as "ko_KR.UTF-8"; English for any other."""
    language = setting.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def gettext(message, language=None):
    """A message in another language; itself where it has no translation.

    Args:
        message: in English.
        language: one of LANGUAGES, by default the one in use.
    """
    if not message:  # gettext answers "" with the head of the catalog
        return message
    return _catalog(language or current()).gettext(message)


def pgettext(context, message, language=None):
    """A message whose translation depends on where it stands.

    Args:
        context: such as the id of the exercise whose docstring ``message`` is.
        message: in English.
        language: one of LANGUAGES, by default the one in use.
    """
    return _catalog(language or current()).pgettext(context, message)


def deferred(message):
    """Mark a constant as a message; ``gettext`` translates it when it is shown."""
    return message


@cache
def _catalog(language):
    if language == ENGLISH:
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, LOCALE, [language])

"""What is imported before student code, and what is then made unreachable.

This closes the front door, for honest mistakes and clear messages. The wall is the
kernel's: files that a child cannot open.
"""

import gc
import importlib
import importlib.abc
import itertools
import linecache
import sys
import types

LIBRARIES = (
    "numpy",
    "tensorflow",
    "keras",
    "keras._tf_keras.keras",  # tf.keras; its __init__ imports keras.applications
    "tensorflow.keras",  # and so does the copy under this name
    "tensorflow.keras.layers",
    "tensorflow.keras.models",
    "course.checks.observe",
    "course.checks.keras_observer",
    "course.toolkit",
    "course.grading.closure",
)
HIDDEN = (
    "course.modern_cnn",
    "course.exercises",
    "course.checks.judge",
    "course.grading.reference",
    "keras.applications",
    "keras.src.applications",
    "keras._tf_keras.keras.applications",
    "tensorflow.keras.applications",
    "keras_cv",
    "keras_hub",
    "keras_core",
)


class NotWhileGraded(PermissionError):
    """Something that holds finished networks was reached for."""

    def __init__(self, name):
        super().__init__(
            f"{name} is not available while a submission is checked: it holds "
            "finished networks, and the functions are yours to write"
        )


def prepare():
    """Make this process what student code meets: libraries there, answers gone."""
    import_libraries()
    hide_answers()
    silence_check()
    keep_autograph_in_memory()


def import_libraries():
    """Import all that children share; none of it may run an operation."""
    for name in LIBRARIES:
        importlib.import_module(name)
    # Now, since it writes to a folder when it is imported; children may not.
    try:
        importlib.import_module("matplotlib.pyplot")
    except ImportError:
        pass  # then a notebook cannot have used it


def is_hidden(name):
    """Whether a module is one of those, or inside one, that hold answers."""
    return any(name == top or name.startswith(top + ".") for top in HIDDEN)


def hide_answers():
    """Drop the modules that hold answers, all ways to them, and block their import."""
    for name in [n for n in sys.modules if is_hidden(n)]:
        del sys.modules[name]
    for module in list(sys.modules.values()):
        for attribute, value in list(getattr(module, "__dict__", {}).items()):
            # Not isinstance: a lazy loader would be loaded by the question.
            if type(value) is types.ModuleType and is_hidden(value.__name__):
                delattr(module, attribute)
                _explain(module, attribute)
    _drop_exports()
    gc.collect()  # modules refer to themselves: only a collection frees them
    sys.meta_path.insert(0, _Blocker())


def _explain(module, gone):
    """Let whoever asks a module for the attribute that is gone be told why."""
    ask_further = getattr(module, "__getattr__", None)

    def ask(name):
        if name == gone:
            raise NotWhileGraded(f"{module.__name__}.{gone}")
        if ask_further is not None:
            return ask_further(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__getattr__ = ask


def _drop_exports():
    """Keras keeps every public object in a registry by name."""
    from keras.src import api_export

    by_name = api_export.REGISTERED_NAMES_TO_OBJS
    for registry in (by_name, api_export.REGISTERED_OBJS_TO_NAMES):
        for key, value in list(registry.items()):
            thing = value if isinstance(key, str) else key
            if is_hidden(getattr(thing, "__module__", None) or ""):
                del registry[key]


class _Blocker(importlib.abc.MetaPathFinder):
    """Refuses to import what holds answers, and says why."""

    def find_spec(self, name, path=None, target=None):
        if is_hidden(name):
            raise NotWhileGraded(name)
        return None


def silence_check():
    """Make ``check`` and ``answer`` do nothing, so that a lab's own cells run."""
    import course.toolkit

    def silent(question, answer=None):
        """Do nothing: the grader asks its own questions."""

    course.toolkit.check = course.toolkit.answer = silent


def keep_autograph_in_memory():
    """Let AutoGraph load what it generates without a file.

    A child may write no file, and AutoGraph would silently run functions unconverted.
    """
    from tensorflow.python.autograph.pyct import loader

    numbers = itertools.count()

    def load_source(source, delete_on_exit):
        name = f"__autograph_generated_{next(numbers)}"
        file = f"<{name}>"
        linecache.cache[file] = len(source), None, source.splitlines(True), file
        module = types.ModuleType(name)
        module.__file__ = file
        sys.modules[name] = module
        exec(compile(source, file, "exec"), module.__dict__)
        return module, file

    loader.load_source = load_source

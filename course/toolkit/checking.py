"""``check``: the public checks of an exercise, inside a notebook; their language."""

from functools import cache

from course import language as _language
from course.language import gettext


def use_language(language):
    """Choose the language of panels and hints, for the notebook that says so.

    Args:
        language: "en" or "ko".

    Raises:
        ValueError: there is no such language.
    """
    _language.use(language)


class Panel:
    """A result that shows itself: HTML in a notebook, text elsewhere."""

    def __init__(self, result):
        self.result = result

    def __repr__(self):
        from course.checks import feedback

        return feedback.text(self.result)

    def _repr_html_(self):
        from course.checks import feedback

        return feedback.html(self.result)


def check(exercise_id, function):
    """Run the public checks of one exercise on your function.

    Args:
        exercise_id: such as "modern_cnn.vgg_block".
        function: your answer.

    Returns:
        A panel that says what passed, what was called, what came back and what was
        expected. Its ``result`` holds the same as data.

    Raises:
        LookupError: there is no such exercise.
        TypeError: ``function`` cannot be called.
    """
    from course.checks.judge import judge
    from course.checks.observe import observe
    from course.exercises import PUBLIC_SEED, find

    exercise = find(exercise_id)
    if not callable(function):
        said = gettext(
            "check({id!r}, ...) wants your function {name}, not its result: got {type}"
        )
        wrong = type(function).__name__
        raise TypeError(said.format(id=exercise_id, name=exercise.name, type=wrong))
    probes = exercise.draw(PUBLIC_SEED)
    observer = exercise.observer
    result = judge(
        exercise,
        probes,
        observe=lambda probe: observe(function, probe, observer),
        expected=lambda probe: _observed(exercise_id, None, _Key(probe)),
        mistaken=lambda mistake, probe: _observed(exercise_id, mistake, _Key(probe)),
    )
    return Panel(result)


class _Key:
    """A probe as a key: equal when it encodes to the same data."""

    def __init__(self, probe):
        from course.checks.wire import encode

        self.probe = probe
        self.data = encode(probe)

    def __hash__(self):
        return hash(self.data)

    def __eq__(self, other):
        return self.data == other.data


@cache
def _observed(exercise_id, mistake, key):
    from course.checks.observe import observe
    from course.exercises import find

    exercise = find(exercise_id)
    return observe(_reference(exercise_id, mistake), key.probe, exercise.observer)


@cache
def _reference(exercise_id, mistake):
    """The reference, or the reference with a mistake patched into it."""
    from course.exercises.source import reference_source

    namespace = {"__name__": f"reference of {exercise_id}"}
    source = reference_source(exercise_id, patch=mistake)
    exec(compile(source, f"<{exercise_id}>", "exec"), namespace)
    return namespace[exercise_id.split(".")[1]]

"""``check``: the public checks of an exercise, inside a notebook; their language."""

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
    from course.checks.diagnose import diagnose
    from course.checks.judge import judge
    from course.checks.observe import observe
    from course.exercises import PUBLIC_SEED, find, public

    exercise = find(exercise_id)
    if not callable(function):
        said = gettext(
            "check({id!r}, ...) wants your function {name}, not its result: got {type}"
        )
        wrong = type(function).__name__
        raise TypeError(said.format(id=exercise_id, name=exercise.name, type=wrong))
    known, seen = public.of(exercise_id), {}

    def look(probe):  # once for the points, and not again for the diagnosis
        key = probe.options["seed"], probe.options.get("zero_bias", False)
        if key not in seen:
            seen[key] = observe(function, probe, exercise.observer)
        return seen[key]

    result = judge(exercise, exercise.draw(PUBLIC_SEED), look, known.observation)
    return Panel(diagnose(result, exercise, known, look))

"""``grading_rules``: what is graded and how, inside a notebook."""


class Rules:
    """Table of points and rules: HTML in a notebook, text elsewhere.

    Args:
        exercises: dict function name -> Exercise.
        seed: int, of the run whose calls are counted.
    """

    def __init__(self, exercises, seed):
        self.exercises = exercises
        self.seed = seed

    def __repr__(self):
        from course.checks import rules

        return rules.text(self.exercises, self.seed)

    def _repr_html_(self):
        from course.checks import rules

        return rules.html(self.exercises, self.seed)


def grading_rules(lecture):
    """What of a lecture's lab is graded, and how points are shared.

    Args:
        lecture: such as "modern_cnn".

    Returns:
        A panel: the exercises with their points, and the rules in sentences.

    Raises:
        LookupError: there is no such lecture.
    """
    from course.exercises import PUBLIC_SEED, load

    return Rules(load(lecture), PUBLIC_SEED)

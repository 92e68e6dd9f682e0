"""``standing``: a line for each exercise of a lab, whatever the notebook holds."""

from course.exercises import load, public
from course.toolkit import standing

EXERCISES = load("modern_cnn")
POINTS = sum(exercise.points for exercise in EXERCISES.values())


def test_a_line_says_how_far_each_exercise_is(capsys):
    def stacked_conv_params(*arguments):
        raise NotImplementedError("modern_cnn.stacked_conv_params")

    counted = EXERCISES["densenet_channels"]
    slip = next(m for m in counted.mistakes if m.name == "ignores compression")
    names = {
        "receptive_field": public.reference(EXERCISES["receptive_field"]),
        "stacked_conv_params": stacked_conv_params,
        "densenet_channels": public.reference(counted, slip),
        "vgg_block": 3,  # the result of an experiment under the function's name
    }
    standing("modern_cnn", names)
    said = capsys.readouterr().out.splitlines()
    rows = {row.split()[0]: row.split() for row in said[: len(EXERCISES)]}
    assert list(rows) == list(EXERCISES)
    assert rows["receptive_field"] == "receptive_field 4 / 4 done".split()
    assert rows["stacked_conv_params"][-1] == "stub"
    assert rows["densenet_channels"][-1] == "partly"
    assert rows["vgg_block"][-1] == rows["resnet"][-1] == "missing"
    earned = 4 + float(rows["densenet_channels"][1])
    assert said[-1] == (
        f"1 of {len(EXERCISES)} exercises done; {earned:g} of {POINTS} points on the "
        "public checks. Grading uses other inputs."
    )


def test_the_functions_of_the_notebook_are_found(monkeypatch, capsys):
    solved = public.reference(EXERCISES["receptive_field"])
    monkeypatch.setattr("__main__.receptive_field", solved, raising=False)
    standing("modern_cnn")
    said = capsys.readouterr().out
    assert said.split()[4] == "done" and said.count("missing") == len(EXERCISES) - 1

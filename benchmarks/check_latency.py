"""How long a check takes in a notebook, from the call to the panel.

For each exercise: the seconds of ``check`` with its HTML, warm, for a right answer and
for the slowest of its mistakes, beside a peer: the same calls of the same function by
hand, each model built and run once in every mode, without a check. Seconds depend on
the machine; the ratio says what checking costs.

    python benchmarks/check_latency.py
"""

import statistics
import time
import warnings

from course.toolkit import check, load_keras

load_keras()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from course.checks.keras_observer import materialized  # noqa: E402
from course.checks.probe import MODES  # noqa: E402
from course.exercises import LABS, PUBLIC_SEED, load, public  # noqa: E402

REPEATS = 5


def seconds(action):
    """Median time of an action, warm."""
    action()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def panel(exercise, function):
    """What a student waits for."""
    return check(exercise.id, function)._repr_html_()


def by_hand(exercise, function):
    """The calls of the public probes, and a run of what they build in every mode."""
    for probe in exercise.draw(PUBLIC_SEED):
        real = materialized(probe)
        try:
            result = function(*real.args, **real.kwargs)
        except ValueError:
            continue
        if isinstance(result, keras.KerasTensor):
            result = keras.Model(real.args[0], result)
        if isinstance(result, keras.Model):
            shape = result.inputs[0].shape[1:]
            batch = np.ones((probe.options.get("batch", 4), *shape), "float32")
            for mode in MODES.values():
                result(batch, **mode)


def main():
    """Print a row for each exercise of each lab."""
    warnings.simplefilter("ignore")
    print(f"{'exercise':24}{'right':>8}{'mistake':>9}{'by hand':>9}{'ratio':>7}")
    for lecture in LABS.values():
        for exercise in load(lecture).values():
            answer = public.reference(exercise)
            wrong = [public.reference(exercise, m) for m in exercise.mistakes]
            right = seconds(lambda: panel(exercise, answer))  # noqa: B023
            slowest = max(seconds(lambda: panel(exercise, w)) for w in wrong)  # noqa: B023
            peer = seconds(lambda: by_hand(exercise, answer))  # noqa: B023
            row = f"{right:8.3f}{slowest:9.3f}{peer:9.3f}{right / peer:7.1f}"
            print(f"{exercise.name:24}{row}", flush=True)


if __name__ == "__main__":
    main()

"""Write the example submissions of lab 05: students good, wrong and broken.

Their answers come from the references and from the mistakes of the exercises, so
that they follow when those change. All names are invented.

    python examples/make_submissions.py          write them
    python examples/make_submissions.py --check  fail when they differ from that
"""

import argparse
import ast
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from course import questions  # noqa: E402
from course.exercises import load  # noqa: E402
from course.exercises.source import solution_source, stub_source  # noqa: E402

FOLDER = HERE / "submissions" / "05_modern_cnn"
EXERCISES = load("modern_cnn")
SETUP = """import keras
from keras import layers, ops
import numpy as np
from course.toolkit import InceptionWidths, answer, check"""
EXPERIMENT = """history = {}
for depths in ((1, 1), (2, 2), (3, 3)):
    model = resnet(depths, filters=16, num_classes=10, input_shape=(32, 32, 1))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history[depths] = model.fit(x_train, y_train, epochs=5, verbose=2)"""
MAGICS = """!pip install -q keras
%matplotlib inline
import matplotlib.pyplot as plt"""


def short_solution(name):
    """The reference as a student keeps it: without the long docstring."""
    text = solution_source(EXERCISES[name].id)
    lines = text.splitlines()
    function = next(
        node for node in ast.parse(text).body if getattr(node, "name", "") == name
    )
    docstring = function.body[0]
    del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def with_mistake(name, mistake):
    """The reference with one of its exercise's mistakes, named by its name."""
    found = {m.name: m for m in EXERCISES[name].mistakes}[mistake]
    text = short_solution(name)
    if text.count(found.old) != 1:
        raise SystemExit(f"{name}: the text of {mistake!r} is not there exactly once")
    return text.replace(found.old, found.new)


def answers(**changed):
    """A cell per exercise, in lab order: the reference, or what ``changed`` says."""
    return {name: changed.get(name) or short_solution(name) for name in EXERCISES}


def notebook(cells):
    """A lab notebook: setup, each answer with its check, letters, an experiment."""
    parts = ["# Lab 05 · Modern convolutional networks", SETUP]
    for name, source in cells.items():
        parts += [f"## {name}", source, f'check("{EXERCISES[name].id}", {name})']
    letters = [
        f'answer("{question.id}", "{question.key}")'
        for question in questions.load("modern_cnn").values()
    ]
    return as_json([*parts, "\n".join(letters), EXPERIMENT])


def as_json(parts):
    """Sources as a notebook of format 4.5; those that begin with # are prose."""
    cells = []
    for number, source in enumerate(parts):
        prose = source.startswith(("# Lab", "## "))
        cell = {
            "cell_type": "markdown" if prose else "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        if not prose:
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def good():
    return notebook(answers())


def written_differently():
    text = (HERE / "sources" / "written_differently.py").read_text(encoding="utf-8")
    return as_json([part.strip() for part in text.split("# %%\n") if part.strip()])


def small_mistakes():
    return notebook(
        answers(
            receptive_field=with_mistake("receptive_field", "ignores dilation"),
            residual_block=with_mistake(
                "residual_block", "forgets the ReLU after the addition"
            ),
            transition_block=with_mistake("transition_block", "pools with a maximum"),
        )
    )


def typical_mistakes():
    return notebook(
        answers(
            stacked_conv_params=with_mistake(
                "stacked_conv_params", "counts the channels once"
            ),
            local_response_norm=with_mistake(
                "local_response_norm", "divides alpha by size"
            ),
            residual_block=with_mistake(
                "residual_block", "forgets the ReLU after the addition"
            ),
            inception_block=with_mistake("inception_block", "pools with an average"),
            dense_block=with_mistake("dense_block", "puts the new channels in front"),
            resnet=with_mistake("resnet", "returns logits"),
            inception_parameters=with_mistake(
                "inception_parameters", "forgets the biases"
            ),
            densenet_channels=with_mistake(
                "densenet_channels", "puts a transition behind the last block too"
            ),
        )
    )


def one_slip():
    """A wrong block that a right network is built from: it costs once."""
    return notebook(
        answers(
            bottleneck_block=with_mistake(
                "bottleneck_block", "strides in the first 1x1 convolution"
            )
        )
    )


def half_finished():
    stubs = {name: stub_source(e.id) for name, e in list(EXERCISES.items())[7:]}
    return notebook(answers(**stubs))


def syntax_error():
    broken = short_solution("vgg_block").replace("num_convs):", "num_convs)", 1)
    return notebook(answers(vgg_block=broken))


def endless_loop():
    loop = """def receptive_field(layers):
    size = 1
    jump = 1
    i = 0
    while i < len(layers):
        kernel, stride = layers[i][:2]
        size += (kernel - 1) * jump
        jump *= stride
    return size"""
    return notebook(answers(receptive_field=loop))


def memory_bomb():
    bomb = """def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = np.asarray(x, dtype="float64")
    neighbours = []
    c = 0
    while c <= x.shape[2]:
        # should be every pair of channels
        neighbours.append(np.repeat(x[None], 10_000, axis=0) ** 2)
    return x / (bias + alpha * sum(neighbours)) ** beta"""
    return notebook(answers(local_response_norm=bomb))


def gives_up():
    leaves = short_solution("inception_block").replace(
        "    _check_feature_map(x)\n", "    os._exit(0)  # does not work yet\n", 1
    )
    return notebook(answers(inception_block="import os\n\n\n" + leaves))


def flood():
    loud = """def stacked_conv_params(kernel, depth, channels):
    kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    if min(kh, kw, depth, channels) < 1:
        raise ValueError("too small")
    total = 0
    for _ in range(kh * kw * depth):
        total += channels * channels
        print("total is now", total, "#" * 100_000)
    return total"""
    return notebook(answers(stacked_conv_params=loud))


def wrong_lab():
    return as_json(
        [
            "# Lab 04 · Convolutional networks",
            "import numpy as np",
            "def conv_output_size(size, kernel, *, stride=1, padding=0):\n"
            "    return (size + 2 * padding - kernel) // stride + 1",
            "def same_padding(kernel):\n    return kernel // 2",
        ]
    )


def rearranged():
    """Cells twice, cells gone, magics, and an experiment that never ends."""
    cells = answers()
    parts = ["# Lab 05 · Modern convolutional networks", MAGICS, SETUP]
    for name, source in reversed(cells.items()):
        if name == "preact_block":
            continue
        parts += [stub_source(EXERCISES[name].id), source]
    parts += ["%%time\n" + cells["vgg_block"], "resnet?", "while True:\n    pass"]
    return as_json(parts)


def script():
    """A notebook exported by nbconvert on Windows."""
    parts = ["get_ipython().system('pip install -q keras')", SETUP]
    parts += answers().values()
    text = "#!/usr/bin/env python\n# coding: utf-8\n\n"
    text += "".join(f"# In[{i}]:\n\n\n{part}\n\n\n" for i, part in enumerate(parts))
    return "\ufeff" + text.replace("\n", "\r\n")


def cut_off():
    return good()[:9000]


STUDENTS = {
    "김민서.ipynb": good,
    "Grace Whitfield.ipynb": written_differently,
    "이도윤.ipynb": small_mistakes,
    "박서연.ipynb": typical_mistakes,
    "Tomás Herrera.ipynb": one_slip,
    "최지우.ipynb": half_finished,
    "Hannah Lindqvist.ipynb": syntax_error,
    "정하준.ipynb": endless_loop,
    "Omar Haddad.ipynb": memory_bomb,
    "윤채원/05_modern_cnn.ipynb": gives_up,
    "Priya Raman.ipynb": flood,
    "강시우.ipynb": wrong_lab,
    "Jonas Weber/05_modern_cnn (1).ipynb": rearranged,
    "Lucy Okafor.py": script,
    "임수아.ipynb": cut_off,
    "Ben Castellano.ipynb": lambda: "",
}


def main(arguments=None):
    """Write or check; the exit code is 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    wanted = {name: make().encode() for name, make in STUDENTS.items()}
    there = {
        str(path.relative_to(FOLDER)): path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    changed = sorted(n for n in {*wanted, *there} if wanted.get(n) != there.get(n))
    if check:
        for name in changed:
            print(f"{FOLDER / name} differs from what {Path(__file__).name} writes")
        return 1 if changed else 0
    for name in changed:
        path = FOLDER / name
        if name not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[name])
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

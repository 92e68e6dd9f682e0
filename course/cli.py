"""The command ``course``: parsers here, the work in the areas they call.

An area is imported by its handler, so that ``course --help`` loads no TensorFlow.
Exit codes: 0 done, 1 not done, 2 wrong arguments, 130 interrupted.
"""

import argparse
import os
import sys
from pathlib import Path

from course import __version__, language

INTERRUPTED = 130


def main(arguments=None):
    """Run the command line.

    Args:
        arguments: list of str; by default those of the process.

    Returns:
        The exit code, an int.
    """
    language.use_locale()
    _print_what_can_be()
    options = parser().parse_args(arguments)
    try:
        code = options.handler(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader ("course ... | head") has gone: say nothing more, not even
        # when the interpreter flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"course {options.command}: error: {error}", file=sys.stderr)
        return 1
    return int(code or 0)


def _print_what_can_be():
    """Print ? for what the terminal's encoding lacks, such as a Korean name."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", "") == "strict":
            stream.reconfigure(errors="replace")


def parser():
    """The parser of the whole command line."""
    root = argparse.ArgumentParser(
        prog="course",
        description="Labs, reference networks and an autograder for a deep-learning "
        "course in Keras.",
        epilog="course COMMAND --help says more about a command.",
    )
    root.add_argument("--version", action="version", version=f"course {__version__}")
    commands = root.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for add in (
        _add_demo,
        _add_lab,
        _add_check,
        _add_grade,
        _add_model,
        _add_doctor,
        _add_build,
    ):
        add(commands)
    return root


def _add(commands, name, handler, summary, **more):
    command = commands.add_parser(name, help=summary, description=summary, **more)
    # Not named as an option is: `--run` would be replaced.
    command.set_defaults(handler=handler)
    return command


def _add_demo(commands):
    command = _add(commands, "demo", _demo, "grade the example submissions of lab 05")
    command.add_argument(
        "--out",
        type=_results_folder,
        default=Path("graded/demo"),
        metavar="DIR",
        help="where the reports go (default: %(default)s)",
    )


def _demo(options):
    from course.grading import demo

    return demo.main(options.out)


def _add_lab(commands):
    command = _add(
        commands,
        "lab",
        _lab,
        "open a lab in JupyterLab; write it to labs/ first when it is not there",
    )
    command.add_argument(
        "lab",
        nargs="?",
        type=_lab_number,
        metavar="NN",
        help="number of the lab, such as 05 (default: the first one)",
    )
    command.add_argument(
        "--no-browser",
        action="store_true",
        help="start JupyterLab and print its address, open no window",
    )
    command.add_argument(
        "--write-only", action="store_true", help="write the lab, start nothing"
    )


def _lab(options):
    from course import lab
    from course.exercises import LABS

    number = options.lab or min(LABS)
    return lab.main(
        number, browser=not options.no_browser, start=not options.write_only
    )


def _add_check(commands):
    command = _add(
        commands,
        "check",
        _check,
        "run the public checks of a lab on a notebook, as the notebook itself does",
    )
    command.add_argument("notebook", type=_notebook, metavar="NOTEBOOK")
    _add_lab_option(command, "which lab it is (default: found from its functions)")


def _check(options):
    from course.grading.run import check_notebook

    return check_notebook(options.notebook, lab=options.lab)


def _add_grade(commands):
    command = _add(
        commands,
        "grade",
        _grade,
        "grade a folder of submissions, and write a class report and a page a student",
    )
    command.add_argument(
        "folder",
        type=_submissions,
        metavar="FOLDER",
        help="notebooks or scripts, one a student, loose or in folders",
    )
    _add_lab_option(command, "which lab to grade, such as 05", required=True)
    command.add_argument(
        "--out",
        type=_results_folder,
        required=True,
        metavar="DIR",
        help="where the reports and the results go",
    )
    command.add_argument(
        "--jobs",
        type=_count,
        default=_processors(),
        metavar="N",
        help="submissions graded at once (default: the processors, %(default)s here)",
    )
    command.add_argument(
        "--new-seed",
        action="store_true",
        help="draw other inputs than the earlier runs in DIR, and grade everyone again",
    )
    command.add_argument(
        "--unsafe",
        action="store_true",
        help="grade although the submissions cannot be held back on this machine",
    )


def _grade(options):
    from course.grading.run import grade

    seed = None
    if options.new_seed:
        import secrets

        seed = secrets.randbits(63)
    return grade(
        options.folder,
        options.lab,
        options.out,
        options.jobs,
        seed=seed,
        unsafe=options.unsafe,
    )


def _add_model(commands):
    command = _add(
        commands,
        "model",
        _model,
        "print the table of a network: layers, sizes, parameters, receptive field",
    )
    command.add_argument(
        "name", metavar="NAME", help="of the function that builds it, such as googlenet"
    )


def _model(options):
    from course.toolkit import model_table

    return model_table.main(options.name)


def _add_doctor(commands):
    _add(
        commands,
        "doctor",
        _doctor,
        "say what this machine has, and what to do about what it lacks",
    )


def _doctor(options):
    from course import doctor

    return doctor.main()


def _add_build(commands):
    command = _add(
        commands,
        "build",
        _build,
        "write labs/ and solutions/ from labs/source/ (in a clone of the repository)",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail when a notebook differs from its source",
    )
    command.add_argument(
        "--run",
        action="store_true",
        help="first run the solutions and record the outputs that nbval compares",
    )


def _build(options):
    from importlib.util import find_spec

    if find_spec("jupytext") is None:
        print(
            "course build: error: jupytext reads the sources and is not installed: "
            "pip install jupytext",
            file=sys.stderr,
        )
        return 1
    from course.authoring import build

    return build.main(check=options.check, run=options.run)


def _add_lab_option(command, text, required=False):
    command.add_argument(
        "--lab", type=_lab_number, required=required, metavar="NN", help=text
    )


def _lab_number(text):
    from course.exercises import LABS

    for number, lecture in LABS.items():
        if text == lecture or (text.isdecimal() and int(text) == int(number)):
            return number
    known = ", ".join(f"{number} ({lecture})" for number, lecture in LABS.items())
    raise argparse.ArgumentTypeError(f"there is no lab {text!r}; there is {known}")


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _submissions(text):
    path = Path(text)
    if path.is_file():
        advice = "unpack it and give that folder"
        if path.suffix != ".zip":
            advice = f"give the folder it lies in, {str(path.parent)!r}"
        raise argparse.ArgumentTypeError(f"{text!r} is a file; {advice}")
    if not path.is_dir():
        raise argparse.ArgumentTypeError(
            f"there is no folder {text!r} (looked in {Path.cwd()}); give the folder "
            "that holds the submissions"
        )
    return path


def _notebook(text):
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(
            f"{text!r} is a folder; give one notebook in it, or use course grade"
        )
    if not path.is_file():
        raise argparse.ArgumentTypeError(
            f"there is no file {text!r} (looked in {Path.cwd()}); give the notebook "
            "to check, such as labs/05_modern_cnn.ipynb"
        )
    return path


def _results_folder(text):
    path = Path(text)
    taken = next((p for p in (path, *path.parents) if p.exists()), Path())
    if not taken.is_dir():
        raise argparse.ArgumentTypeError(
            f"{str(taken)!r} is a file, so no folder {text!r} can be made; give another"
        )
    if not os.access(taken, os.W_OK):
        raise argparse.ArgumentTypeError(
            f"{str(taken)!r} is not writable for you; give another folder"
        )
    return path

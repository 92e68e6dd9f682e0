"""The command ``course``: parsers here, the work in the areas they call.

An area is imported by its handler, so that ``course --help`` loads no TensorFlow.
Exit codes: 0 done, 1 not done, 2 wrong arguments, 130 interrupted.
"""

import argparse
import os
import sys
from pathlib import Path

from course import __version__, interrupt, language
from course.arguments import (
    Help,
    add_command,
    count,
    lab_number,
    notebook,
    results_folder,
    submissions,
)
from course.authoring import commands as authors
from course.language import gettext

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
    interrupt.watch()
    options = parser().parse_args(arguments)
    try:
        code = options.handler(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\n" + gettext("interrupted"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader ("course ... | head") has gone: say nothing more, not even
        # when the interpreter flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        from course.checks.reasons import told

        said = gettext("course {command}: error: {error}")
        said = said.format(command=options.command, error=told(str(error)))
        print(said, file=sys.stderr)
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
        formatter_class=Help,
        description=gettext(
            "Labs, reference networks and an autograder for a deep-learning course in "
            "Keras."
        ),
        epilog=gettext("course COMMAND --help says more about a command."),
    )
    root.add_argument(
        "--version",
        action="version",
        version=f"course {__version__}",
        help=gettext("show the version and exit"),
    )
    commands = root.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for add in (
        _add_demo,
        _add_lab,
        _add_check,
        _add_progress,
        _add_reset,
        _add_handin,
        _add_grade,
        _add_model,
        _add_doctor,
        authors.add_build,
        authors.add_new,
    ):
        add(commands)
    return root


def _add_demo(commands):
    summary = gettext("grade the example submissions of lab 05")
    command = add_command(commands, "demo", _demo, summary)
    command.add_argument(
        "--out",
        type=results_folder,
        default=Path("graded/demo"),
        metavar="DIR",
        help=gettext("where the reports go (default: %(default)s)"),
    )


def _demo(options):
    from course.grading import demo

    return demo.main(options.out)


def _add_lab(commands):
    command = add_command(
        commands,
        "lab",
        _lab,
        gettext(
            "open a lab in JupyterLab; write it to labs/ first when it is not there"
        ),
    )
    command.add_argument(
        "lab",
        nargs="?",
        type=lab_number,
        metavar="NN",
        help=gettext("number of the lab, such as 05 (default: the first one)"),
    )
    command.add_argument(
        "--no-browser",
        action="store_true",
        help=gettext("start JupyterLab and print its address, open no window"),
    )
    command.add_argument(
        "--write-only",
        action="store_true",
        help=gettext("write the lab, start nothing"),
    )


def _lab(options):
    from course import lab
    from course.exercises import LABS

    number = options.lab or min(LABS)
    return lab.main(
        number, browser=not options.no_browser, start=not options.write_only
    )


def _add_check(commands):
    command = add_command(
        commands,
        "check",
        _check,
        gettext(
            "run the public checks of a lab on a notebook, as the notebook itself does"
        ),
    )
    command.add_argument("notebook", type=notebook, metavar="NOTEBOOK")
    _add_lab_option(
        command, gettext("which lab it is (default: found from its functions)")
    )


def _check(options):
    from course.grading.checking import check_notebook

    return check_notebook(options.notebook, lab=options.lab)


def _add_progress(commands):
    command = add_command(
        commands,
        "progress",
        _progress,
        gettext("say which exercises of a lab are done, and which to do next"),
    )
    either = command.add_mutually_exclusive_group()
    either.add_argument(
        "notebook",
        nargs="?",
        type=notebook,
        metavar="NOTEBOOK",
        help=gettext("default: the lab's file in labs/ or in the current folder"),
    )
    either.add_argument(
        "--points",
        action="store_true",
        help=gettext("run nothing; say what is graded, and how points are shared"),
    )
    _add_lab_option(command, gettext("which lab it is (default: found from the file)"))


def _progress(options):
    from course.student import progress

    if options.points:
        return progress.print_rules(options.lab)
    return progress.main(options.notebook, options.lab)


def _add_reset(commands):
    command = add_command(
        commands,
        "reset",
        _reset,
        gettext(
            "put the stub of an exercise back; the notebook as it was is kept beside it"
        ),
    )
    command.add_argument("notebook", type=notebook, metavar="NOTEBOOK")
    command.add_argument(
        "exercises",
        nargs="+",
        metavar="EXERCISE",
        help=gettext("name, such as vgg_block"),
    )
    command.add_argument(
        "--all",
        action="store_true",
        help=gettext("also take its definitions out of other cells"),
    )


def _reset(options):
    from course.student import reset

    return reset.main(options.notebook, options.exercises, everywhere=options.all)


def _add_handin(commands):
    command = add_command(
        commands,
        "handin",
        _handin,
        gettext("say whether a file is whole; runs none of it"),
    )
    command.add_argument("notebook", type=notebook, metavar="NOTEBOOK")
    _add_lab_option(
        command, gettext("which lab it is (default: found from its functions)")
    )


def _handin(options):
    from course.student import handin

    return handin.main(options.notebook, lab=options.lab)


def _add_grade(commands):
    command = add_command(
        commands,
        "grade",
        _grade,
        gettext(
            "grade a folder of submissions, and write a class report and a page a "
            "student"
        ),
    )
    command.add_argument(
        "folder",
        type=submissions,
        metavar="FOLDER",
        help=gettext(
            "notebooks or scripts, one a student, loose or in folders; also when one "
            "folder lies around them all"
        ),
    )
    _add_lab_option(command, gettext("which lab to grade, such as 05"), required=True)
    command.add_argument(
        "--out",
        type=results_folder,
        required=True,
        metavar="DIR",
        help=gettext("where the reports and the results go"),
    )
    command.add_argument(
        "--jobs",
        type=count,
        default=_processors(),
        metavar="N",
        help=gettext(
            "submissions graded at once (default: the processors, %(default)s here)"
        ),
    )
    command.add_argument(
        "--new-seed",
        action="store_true",
        help=gettext(
            "draw other inputs than the earlier runs in DIR, and grade everyone again"
        ),
    )
    command.add_argument(
        "--unsafe",
        action="store_true",
        help=gettext(
            "grade although the submissions cannot be held back on this machine"
        ),
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
    command = add_command(
        commands,
        "model",
        _model,
        gettext(
            "print the table of a network: layers, sizes, parameters, receptive field"
        ),
    )
    command.add_argument(
        "name",
        metavar="NAME",
        help=gettext("of the function that builds it, such as googlenet"),
    )


def _model(options):
    from course.toolkit import model_table

    return model_table.main(options.name)


def _add_doctor(commands):
    add_command(
        commands,
        "doctor",
        _doctor,
        gettext("say what this machine has, and what to do about what it lacks"),
    )


def _doctor(options):
    from course import doctor

    return doctor.main()


def _add_lab_option(command, text, required=False):
    command.add_argument(
        "--lab", type=lab_number, required=required, metavar="NN", help=text
    )


def _processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

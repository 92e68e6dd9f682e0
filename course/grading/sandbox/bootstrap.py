"""Runs a module of this package in a process that sees nothing else of its folder.

Started as ``python -I bootstrap.py MODULE ARGUMENTS...``; calls ``main`` of MODULE.
"""

import importlib
import importlib.util
import sys
from pathlib import Path


def find_course():
    """Make this package importable without its parent folder on ``sys.path``."""
    package = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(
        "course", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["course"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    find_course()
    importlib.import_module(sys.argv[1]).main(*sys.argv[2:])

"""Loads files of answers, which are no modules of a package."""

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location


@cache
def answers_in(path):
    """The module in a file."""
    spec = spec_from_file_location(f"{path.parent.parent.name}_{path.stem}", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

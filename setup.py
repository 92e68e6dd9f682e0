"""Adds the labs and the example submissions to the wheel.

They lie beside the package in the repository, where people read and edit them; in
an installation they lie inside it (``course.shipped`` knows both places).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
SHIPPED = {"labs": "*.ipynb", "examples/submissions": "*"}


def shipped_files():
    """Pairs (file in the repository, its path below course/_shipped)."""
    for folder, pattern in SHIPPED.items():
        for path in sorted((ROOT / folder).rglob(pattern)):
            hidden = any(part.startswith(".") for part in path.parts[len(ROOT.parts) :])
            if path.is_file() and not hidden:
                yield path, path.relative_to(ROOT)


class BuildWithLabs(build_py):
    """Copies labs and examples to course/_shipped; an editable install needs none."""

    def run(self):
        """Build the package, then add the copies."""
        super().run()
        if self.editable_mode:
            return
        for path, below in shipped_files():
            target = Path(self.build_lib) / "course" / "_shipped" / below
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithLabs})

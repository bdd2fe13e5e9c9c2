"""Puts the pages of docs/ into the package when a wheel is built (`livingdrug docs`); everything else stands in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PAGES = Path(__file__).parent / "docs"
ENDINGS = {".md", ".svg"}
WHOLE = {"navigation.toml", "examples"}
"""What comes whatever its ending: a file or a folder of docs/."""


class WithPages(build_py):
    """The package, and its documentation as text: some hundred kilobytes."""

    def run(self) -> None:
        super().run()
        if getattr(self, "editable_mode", False):
            return  # a checkout reads docs/ where it stands
        place = Path(self.build_lib) / "livingdrug" / "documentation"
        for file in sorted(PAGES.rglob("*")):
            if file.is_file() and (file.suffix in ENDINGS or file.relative_to(PAGES).parts[0] in WHOLE):
                target = place / file.relative_to(PAGES)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


setup(cmdclass={"build_py": WithPages})

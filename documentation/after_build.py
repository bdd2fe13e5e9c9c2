"""After the site is built: what only a developer of the theme would need is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_post_build(config: Any, **_: Any) -> None:
    """Remove maps of minified scripts and the second copy of the search index, which only a served site would read."""
    for file in Path(config["site_dir"]).rglob("*.map"):
        file.unlink()

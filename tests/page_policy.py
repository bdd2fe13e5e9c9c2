"""What the policy of a page allows, against what stands in the page (W3C, Content Security Policy level 3, section 2.3.1)."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser


class Inline(HTMLParser):
    """The policy, what stands inside style and script elements, and what a strict policy would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = ""
        self.inside: dict[str, list[str]] = {"style": [], "script": []}
        self.stopped: list[tuple[str, str]] = []
        self.at = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        self.at = tag if tag in self.inside else ""
        if self.at:
            self.inside[tag].append("")
        self.stopped += [(tag, name) for name in values if name == "style" or name.startswith("on")]
        self.stopped += [
            (tag, name) for name in ("src", "href") if re.match(r"\s*javascript:", values.get(name) or "", re.I)
        ]
        if tag in ("script", "img", "iframe", "object", "embed", "link", "base", "form", "audio", "video", "source"):
            loaded = values.get("src") or values.get("data") or values.get("href") or values.get("action") or ""
            if tag != "img" and loaded and not loaded.startswith("data:"):
                self.stopped.append((tag, loaded))

    def handle_endtag(self, tag):
        self.at = ""

    def handle_data(self, data):
        if self.at:
            self.inside[self.at][-1] += data


def held(page: str) -> str:
    """The page, whose policy names its own scripts and styles by their SHA-256 and nothing else, and in which it would stop nothing."""
    found = Inline()
    found.feed(page)
    assert found.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in found.policy
    assert found.stopped == []
    rules = dict(rule.strip().split(" ", 1) for rule in found.policy.split(";"))
    assert found.inside["style"]
    for kind, texts in found.inside.items():
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert rules[f"{kind}-src"] == (" ".join(f"'sha256-{one}'" for one in hashes) or "'none'")
    return page

"""Expected values: the file formats' own first bytes, and the colours of the report's style by eye."""

from __future__ import annotations

import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.reports import pictures

DRAWING = '<svg viewBox="0 0 10 10" width="10" height="10" role="img"><rect width="10" height="10" style="fill:var(--s0)"/></svg>'


def test_an_svg_carries_its_looks() -> None:
    text = pictures.as_svg(DRAWING)
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
    assert 'fill="#1b5e8c"' in text


def test_a_png_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py", reason="PNG figures need resvg-py")
    found = pictures.as_png(DRAWING)
    assert found.startswith(b"\x89PNG")
    image = pytest.importorskip("PIL.Image")
    import io

    with image.open(io.BytesIO(found)) as opened:
        assert opened.size[0] == 20
        assert opened.convert("RGB").getpixel((8, 8)) == (0x1B, 0x5E, 0x8C)


def test_without_the_renderer_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_renderer", lambda name: None)
    assert not pictures.can_png()
    with pytest.raises(BadInput, match="resvg-py"):
        pictures.as_png(DRAWING)

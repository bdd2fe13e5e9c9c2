"""One spoiled input put to the command line, in this process, under a watch; and what its answer is worth.

exit 0 ──► something was told, and no number in it is nan     exit 3 ──► with each course's reason
exit 2 ──► "Error: …", with the file or option it came from and what to do     anything else ──► a fault of ours
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.making import LONGEST_SECONDS, no_hang

LONGEST_ANSWER = 8000
_NO_NUMBER = re.compile(r"(?<![\w.-])-?(?:nan|inf)(?![\w-])", re.I)


@dataclass(frozen=True)
class Case:
    """What is asked.

    Attributes
    ----------
    asked
        Words of a command line, or a function that is called with nothing and returns a text.
    names
        One of these stands in a refusal: the file, or the option.
    then
        Asked afterwards where the first answer was 0: what is called sound has to run.
    files
        What was spoiled, to show where the answer is wrong.
    """

    asked: Sequence[str] | Callable[[], str]
    names: tuple[str, ...]
    then: tuple[Sequence[str], ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes
    ----------
    code
        Exit code.
    wrong
        Why the answer is a fault of ours; ``""`` where it is right.
    said
        Standard output and error.
    """

    code: int
    said: str
    wrong: str = ""
    asked: str = field(default="", repr=False)


def answer(case: Case) -> Answer:
    """Ask, and judge what comes back; with what follows a sound answer."""
    first = _one(case.asked, case.names, _given(case))
    if first.wrong or first.code != 0:
        return first
    for words in case.then:
        later = _one(words, case.names, _given(case))
        if later.wrong or later.code == 2:
            why = later.wrong or "what was called sound is refused"
            return Answer(later.code, later.said, why, later.asked)
        first = Answer(later.code or first.code, first.said, "", first.asked)
    return first


def _given(case: Case) -> str:
    """All that was handed over, which an answer may repeat."""
    heads = [path.read_bytes()[:100_000] for path in case.files if path.is_file()]
    wide = (b"\xff\xfe", b"\xfe\xff")
    texts = [head.decode("utf-16" if head.startswith(wide) else "utf-8", errors="replace") for head in heads]
    return "\n".join([*([] if callable(case.asked) else case.asked), *texts])


def _one(asked: Sequence[str] | Callable[[], str], names: tuple[str, ...], given: str) -> Answer:
    from livingdrug.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    shown = "a function" if callable(asked) else " ".join(asked)
    try:
        with no_hang(), warnings.catch_warnings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            warnings.simplefilter("error")
            code = _called(asked) if callable(asked) else main(list(asked))
    except AssertionError as problem:
        return Answer(-1, out.getvalue() + err.getvalue(), f"hangs: {problem}", shown)
    said, told = out.getvalue(), err.getvalue()
    if f"no answer after {LONGEST_SECONDS}" in told:
        return Answer(-1, said + told, "hangs", shown)
    return Answer(code, said + told, _wrong(code, said, told, names, given), shown)


def _called(function: Callable[[], str]) -> int:
    """A function of the package as `main` would call it."""
    import sys

    from livingdrug.cli.failures import explain

    try:
        print(function())
    except BaseException as problem:
        text, code = explain(problem)
        print(text, file=sys.stderr)
        return code
    return 0


def _wrong(code: int, said: str, told: str, names: tuple[str, ...], given: str) -> str:
    if code == 0:
        if not said.strip():
            return "nothing is told"
        return "a number that is none" if _NO_NUMBER.search(said) and not _NO_NUMBER.search(given) else ""
    if code not in (2, 3):
        return f"exit {code}"
    if code == 2 and "cannot be used as it is" in said:
        return "" if "data check" in names else "a table is checked where none was given"
    error = told[told.rfind("Error: ") :] if "Error: " in told else told
    if code == 3:
        return "" if re.search(r"course|patient", said + told) else "no course is named"
    if not error.startswith("Error: "):
        return "refused without an error"
    if "Traceback" in told or "please report" in told:
        return "a traceback"
    if len(error) > LONGEST_ANSWER:
        return f"an answer of {len(error)} letters"
    if not any(name in error for name in names):
        return "neither file nor option is named"
    if not _has_remedy(error):
        return "no remedy"
    return ""


def _has_remedy(error: str) -> bool:
    """Whether a refusal says what was expected or what to do: a second line, or one of the words that begin such a clause."""
    return "\n" in error.strip() or bool(
        re.search(r"expected|[Cc]hoose|[Gg]ive|[Ww]rite|Known|Did you mean|check the|needs", error)
    )

"""What a person reads when something goes wrong: a sentence that says what, where and what next, and an exit code."""

from __future__ import annotations

import errno

from livingdrug.foundation.errors import LivingDrugError

REPORT = "This is a defect of livingdrug, not of your input: please report it, with the command and the version."
_DISK = {
    errno.ENOSPC: "there is no space left on the disk; free some or choose another folder with -o",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder with -o",
    errno.EROFS: "that place is read-only; choose another folder with -o",
    errno.EACCES: "there is no permission for it; choose another place or change its permissions",
    errno.EPERM: "there is no permission for it; choose another place or change its permissions",
    errno.ENOENT: "there is no such file or folder; check the spelling",
    errno.EISDIR: "that is a folder, and a file was expected; name the file inside it",
    errno.ENOTDIR: "a file stands where a folder was expected; choose another folder",
    errno.ENAMETOOLONG: "that name is too long for a file; choose a shorter one",
    errno.ELOOP: "that is a circle of links; name the file itself",
    errno.EINVAL: "that is no name of a file here; choose another one",
    errno.EEXIST: "something of that name is there already; choose another name",
}


def explain(problem: BaseException) -> tuple[str, int]:
    """The text for standard error (may be empty) and the exit code.

    Examples
    --------
    >>> explain(OSError(errno.ENOSPC, "No space left on device", "runs/a/visits.parquet"))
    ('Error: runs/a/visits.parquet: there is no space left on the disk; free some or choose another folder with -o.', 2)
    """
    if type(problem).__name__ == "Abort" and isinstance(problem.__cause__, EOFError):
        problem = problem.__cause__  # a file that ended too early, and not a person who pressed Ctrl-D
    if isinstance(problem, LivingDrugError):
        return f"Error: {problem}", problem.exit_code
    if isinstance(problem, KeyboardInterrupt) or type(problem).__name__ == "Abort":
        return "Error: stopped by you before the work was done; nothing was left half-written.", 130
    if isinstance(problem, BrokenPipeError):
        return "", 0
    if isinstance(problem, OSError) and problem.errno in _DISK:
        where = f"{problem.filename}: " if problem.filename else ""
        return f"Error: {where}{_DISK[problem.errno]}.", 2
    if isinstance(problem, MemoryError):
        return (
            "Error: the computer ran out of memory; simulate fewer patients (-n) or keep fewer courses (--sample).",
            2,
        )
    wording = getattr(problem, "format_message", None)
    if callable(wording):  # a mistyped command, option or value
        return f"Error: {wording()}{_help_hint(problem)}", 2
    return f"Error: {type(problem).__name__}: {problem}\n  {REPORT}\n  Add --debug to see where it happened.", 1


def _help_hint(problem: BaseException) -> str:
    context = getattr(problem, "ctx", None)
    return f"\n  See: {context.command_path} --help" if context is not None else "\n  See: livingdrug --help"

"""Whether code kept on disk may be run: only from files and folders that nobody else could have written."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def is_ours(path: Path | str) -> bool:
    """True for a plain file or folder of this user (or of the administrator) that no other user can write to.

    Where systems give each user a group of the same name, as many do, files may be open to that group. Systems without
    owners of files, such as Windows, are taken on trust.
    """
    if not hasattr(os, "getuid"):
        return True
    try:
        about = os.lstat(path)
    except OSError:
        return False
    if not (stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode)) or about.st_uid not in (os.getuid(), 0):
        return False
    if about.st_mode & stat.S_IWOTH:
        return False
    return not about.st_mode & stat.S_IWGRP or _is_own_group(about.st_gid)


def _is_own_group(number: int) -> bool:
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(number), pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}

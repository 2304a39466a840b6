"""Whether somebody still has a file open to write it: a slow copy that pauses is not complete yet."""

import errno
import fcntl
import os
import signal
from pathlib import Path


def is_being_written(path: Path) -> bool:
    """Whether any process holds the file open for writing; False where the system does not say.

    A read lease is granted only for a file that nobody writes (fcntl(2), Linux); it is given back at once. Only a
    file's owner, or root, may ask, and not every file system answers.
    """
    try:
        place = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Whoever opens it in that instant wakes us by a signal: by one that is ignored, and not by one that kills.
        fcntl.fcntl(place, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(place, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(place, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(place)
    return False

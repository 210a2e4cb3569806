"""How every script here ends: 0, or one line on stderr and a documented status."""

import argparse
import errno
import os
import sys

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class Stop(Exception):
    """Nothing more can be done; the message is the one line."""

    def __init__(self, message, status=USAGE):
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake costs one line."""

    def __init__(self, **kwargs):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **kwargs)

    def error(self, message):
        raise Stop("%s (--help shows the usage)" % message)


_PLAIN = {errno.ENOSPC: "no space left", errno.EDQUOT: "disk quota exceeded", errno.EROFS: "read-only file system",
          errno.EACCES: "permission denied", errno.EPERM: "not permitted", errno.ENOTDIR: "not a folder",
          errno.ENOENT: "no such file or folder", errno.EISDIR: "a folder",
          errno.EFBIG: "file too large", errno.ENAMETOOLONG: "name too long", errno.EIO: "input/output error"}


def explain(error):
    """An OSError in one line."""
    what = _PLAIN.get(error.errno, os.strerror(error.errno) if error.errno else str(error))
    return "%s: %s" % (error.filename, what) if error.filename else what


def run(program, main):
    """main(argv) -> status; turns what may go wrong in the environment into one line and a status."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except Stop as stop:
        sys.stderr.write("%s: %s\n" % (program, stop))
        status = stop.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = OK
    except OSError as error:
        if error.errno not in _PLAIN:
            raise
        sys.stderr.write("%s: %s\n" % (program, explain(error)))
        status = USAGE
    except KeyboardInterrupt:
        sys.stderr.write("%s: interrupted; nothing kept\n" % program)
        status = INTERRUPTED
    sys.exit(status)

"""A run's folder is written aside, as `.partial-<pid>`, and renamed when it is whole: nobody ever sees half of one."""

import json
import os
import shutil

from usage import Stop, explain

NEEDED_BYTES = 16 << 20


class Aside:
    def __init__(self, parent):
        """Makes the folder. Raises Stop where it can't be written or has no room."""
        self.parent = parent
        try:
            os.makedirs(parent, exist_ok=True)
            self._sweep()
            self.path = os.path.join(parent, ".partial-%d" % os.getpid())
            os.mkdir(self.path)
            room = os.statvfs(parent)
        except OSError as error:
            raise Stop("can't write results there: %s" % explain(error)) from None
        self.streams = {}
        free = room.f_bavail * room.f_frsize
        if free < NEEDED_BYTES:
            self.drop()
            raise Stop("%s has %d MiB left; a run needs %d" % (parent, free >> 20, NEEDED_BYTES >> 20))

    def _sweep(self):
        """Remove what a run that was killed outright has left; its process id is in the name."""
        for entry in os.listdir(self.parent):
            pid = entry[len(".partial-"):]
            if entry.startswith(".partial-") and pid.isdigit() and not os.path.exists("/proc/" + pid):
                shutil.rmtree(os.path.join(self.parent, entry), ignore_errors=True)

    def append(self, name, text):
        """Append to a file and hand it to the kernel, so that a full disk is noticed here and now."""
        if name not in self.streams:
            self.streams[name] = open(os.path.join(self.path, name), "a", encoding="utf-8")
        self.streams[name].write(text)
        self.streams[name].flush()

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as out:
            out.write(text)

    def write_json(self, name, value):
        self.write(name, dump(value))

    def close(self):
        for stream in self.streams.values():
            try:
                stream.close()
            except OSError:
                pass
        self.streams = {}

    def drop(self):
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self, name):
        """Rename to parent/name, or name-2, name-3... where that exists. Returns the path."""
        self.close()
        for attempt in range(1, 1000):
            path = os.path.join(self.parent, name if attempt == 1 else "%s-%d" % (name, attempt))
            try:
                os.mkdir(path)  # reserves the name; rename() replaces an empty folder
                os.rename(self.path, path)
                return path
            except FileExistsError:
                continue
        raise Stop("too many folders named %s in %s" % (name, self.parent))


def dump(value):
    """JSON as every file here has it: sorted, indented, the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

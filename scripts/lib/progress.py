"""Progress and time left, on stderr: one line that changes on a terminal, a line now and then elsewhere."""

import sys
import time


def clock(seconds):
    seconds = max(0, int(seconds + 0.5))
    return "%d:%02d" % divmod(seconds, 60)


class Progress:
    def __init__(self, every=10.0):
        self.tty = sys.stderr.isatty()
        self.every = every
        self.last = 0.0
        self.width = 0

    def say(self, text):
        """A line that stays."""
        self.clear()
        print(text, file=sys.stderr, flush=True)

    def show(self, text, left):
        now = time.monotonic()
        line = "%s  %s left" % (text, clock(left))
        if self.tty:
            if now - self.last < 0.1:
                return
            line = line[:110]
            sys.stderr.write("\r" + line + " " * max(0, self.width - len(line)))
            sys.stderr.flush()
            self.width = len(line)
        elif now - self.last >= self.every:
            print(line, file=sys.stderr, flush=True)
        else:
            return
        self.last = now

    def clear(self):
        if self.tty and self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            self.width = 0

"""Importing this puts scripts/lib and scripts/checks on the path; names what several tests need."""

import os
import subprocess
import sys

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(SCRIPTS)
for _folder in ("lib", "checks"):
    if os.path.join(SCRIPTS, _folder) not in sys.path:
        sys.path.insert(0, os.path.join(SCRIPTS, _folder))


def script(name, *arguments, env=None, timeout=60, cwd=None):
    """Run one of the scripts as a person does."""
    return subprocess.run([os.path.join(SCRIPTS, name), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=timeout, cwd=cwd, env=dict(os.environ, **(env or {})))

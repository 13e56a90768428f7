"""Install a browser where none was found."""

import os
import shutil
import subprocess
import sys


def make_sure(browser, packages, found, warning):
    """Install a browser where none is found: by Playwright, or, as root on Debian, as a package.

    Parameters
    ----------
    browser : str
        What Playwright calls it.
    packages : sequence of str
        What Debian calls it: the first that it has is taken.
    found : callable
        Says whether there is one.
    warning : str
        What is printed where nothing helped.

    Returns
    -------
    bool
        Whether there is one.
    """
    attempts = [[[sys.executable, "-m", "playwright", "install", browser]]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        install = [["apt-get", "install", "-q", "-y", package] for package in packages]
        attempts += [[["apt-get", "update", "-q"], install[0]], *([one] for one in install[1:])]
    while not found():
        if not attempts:
            print("=" * 79, warning, "=" * 79, sep="\n")
            return False
        for command in attempts.pop(0):
            _try(command)
    return True


def _try(command):
    """Run a command to which nobody answers questions, and say what went wrong."""
    print("No browser found; trying:", " ".join(command), flush=True)
    silent = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command,
            check=True,
            timeout=600,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=silent,
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"  that did not work: {error}", flush=True)
        print((getattr(error, "stderr", None) or b"").decode(errors="replace")[-500:])

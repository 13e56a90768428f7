"""Install a browser where none was found."""

import os
import shutil
import subprocess
import sys


def install(browser, package, found):
    """Try Playwright's download, then, as root on Debian, its package; say whether one helped."""
    silent = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    attempts = [[[sys.executable, "-m", "playwright", "install", browser]]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        attempts.append([["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", package]])
    for commands in attempts:
        for command in commands:
            print(f"No {browser} found; trying:", " ".join(command), flush=True)
            try:
                subprocess.run(
                    command,
                    check=True,
                    timeout=600,
                    capture_output=True,
                    stdin=subprocess.DEVNULL,  # nobody answers questions
                    env=silent,
                )
            except (OSError, subprocess.SubprocessError) as error:
                print(f"  that did not work: {error}", flush=True)
                print((getattr(error, "stderr", None) or b"").decode(errors="replace")[-500:])
                break
        else:
            if found():
                return True
    return False

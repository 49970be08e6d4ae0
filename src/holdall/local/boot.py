"""Which boot of the machine this is."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_LINUX: Final = Path("/proc/sys/kernel/random/boot_id")
_MACOS: Final = ("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")


def boot_id() -> str:
    """Another one after each boot; "" where there is none to be had."""
    with suppress(OSError):
        if sys.platform == "linux":
            return _LINUX.read_text(encoding="ascii").strip()
        if sys.platform == "darwin":
            return subprocess.run(_MACOS, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return ""

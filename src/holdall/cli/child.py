"""A command run under us: its standard streams untouched, our signals passed on."""

import os
import signal
import subprocess
from collections.abc import Callable
from types import FrameType
from typing import Final

NOT_FOUND: Final = 127
NOT_RUNNABLE: Final = 126
_FORWARDED: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
    signal.SIGWINCH,
)
_FROM_TERMINAL: Final = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH})
_ENDING: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})


class Child:
    """Takes the signals over as soon as it is made.

    ended_by   an ending signal that came before the command ran
    hurried    how many interrupts came after it had ended
    say        tells people, on stderr
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.ended_by: int | None = None
        self.hurried = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._over = False
        for number in _FORWARDED:
            signal.signal(number, self._signaled)

    def run(self, command: list[str]) -> int:
        """Its exit code as a shell gives it: 128+n by signal, 127 when there is no such command."""
        try:
            self._process = subprocess.Popen(command)  # noqa: S603 (running it is what we are for)
        except FileNotFoundError:
            self._say(f"holdall: no such command: {command[0]}")
            return NOT_FOUND
        except OSError as exc:
            self._say(f"holdall: {command[0]} cannot be run: {exc.strerror}")
            return NOT_RUNNABLE
        finally:
            self._over = self._process is None
        if self.ended_by is not None:  # RACE: it came while the command was being started
            self._process.send_signal(self.ended_by)
        code = self._process.wait()
        self._over = True
        return code if code >= 0 else 128 - code

    def _signaled(self, number: int, _frame: FrameType | None) -> None:
        if self._over:
            self.hurried += number == signal.SIGINT
        elif self._process is not None:
            # A terminal sends these to us and to the command alike: passed on, they would come twice.
            if not (number in _FROM_TERMINAL and _in_foreground()):
                self._process.send_signal(number)
        elif number in _ENDING and self.ended_by is None:
            self.ended_by = number


def _in_foreground() -> bool:
    """Whether what is typed on the terminal that we were started on reaches us, wherever our standard streams lead."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False  # we were started on none
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False  # it hung up
    finally:
        os.close(terminal)

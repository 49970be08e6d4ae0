"""The three standard streams of a command: that each is there, and that what was printed arrived."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

from holdall.daemon import outcome
from holdall.errors import HoldallError


def take() -> None:
    """Before anything is opened: a descriptor that was closed (`>&-`) would be the next file's, and be printed into.

    In the place of such a one is /dev/null; of stdin and stdout the wrong way round, which fails as the closed one does.
    """
    for number, name, mode, flags in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            # The lowest that is free, and those below are taken.
            os.open(os.devnull, flags)
            stream = open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names that are not UTF-8


def settled(code: int) -> int:
    """The code to end with, once what was printed is out. Another one where that cannot be: it is told, and dropped."""
    if (error := _unwritten()) is None:
        return code
    told(error)
    return code or outcome.FAILED


def refused(exc: OSError) -> HoldallError:
    """What the system refused to do, as a sentence: for what no other place has a better one for."""
    if exc.filename is None and (error := _unwritten()) is not None:
        return error
    return HoldallError(_reason(exc), path=exc.filename if isinstance(exc.filename, str) else None)


def told(error: HoldallError) -> None:
    """What happened, and what to do."""
    with suppress(OSError):  # where stderr takes nothing, the exit code is all there is to say it with
        sys.stderr.write(f"holdall: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))


def drop() -> None:
    """What is still in stdout's buffer, and all that comes: Python flushes once more on its way out, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def lost(exc: OSError) -> HoldallError:
    """That what was printed does not go out."""
    return HoldallError(f"the output cannot be written: {_reason(exc)}")


def _unwritten() -> HoldallError | None:
    """What keeps the output from going out. It is dropped then."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop()  # a reader that went away (`| head`) had what it wanted
    except OSError as exc:
        drop()
        return lost(exc)
    return None


def _reason(exc: OSError) -> str:
    return os.strerror(exc.errno).lower() if exc.errno else str(exc)

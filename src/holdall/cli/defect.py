"""A mistake of holdall's own, told as all else that goes wrong is: in a sentence."""

import os
import traceback
from pathlib import Path
from typing import Final

from holdall.errors import HoldallError

_HERE: Final = Path(__file__).parent.parent
_VARIABLE: Final = "HOLDALL_DEBUG"


def of(exc: Exception) -> HoldallError:
    """What to tell of an exception that nobody expected. The whole trace is for who asks for it."""
    if os.environ.get(_VARIABLE):
        traceback.print_exception(exc)
    said = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
    return HoldallError(
        f"a mistake in holdall{_place(exc)}: {said}",
        hint=f"please report it, with what {_VARIABLE}=1 shows",
    )


def _place(exc: Exception) -> str:
    """`, cli/history.py line 42`: the innermost of ours that it went through."""
    ours = [
        one for one in traceback.extract_tb(exc.__traceback__) if Path(one.filename).is_relative_to(_HERE)
    ]
    return f", {Path(ours[-1].filename).relative_to(_HERE)} line {ours[-1].lineno}" if ours else ""

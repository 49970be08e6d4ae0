"""How long a store that says nothing is waited for."""

from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Final

from holdall.errors import Unavailable

SILENCE_S: Final = 60.0
"""Without a single byte; servers copy and complete large objects in silence."""


class GivenUp(Unavailable):
    """The store said nothing for as long as it is waited for: asked again, it would only be waited for again."""

    permanent: ClassVar[bool] = True


class Patience:
    """Of those who work while nobody waits: whatever met with silence may be asked again.

    silence_s  without a single byte, then a request has no answer
    """

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self.silence_s = silence_s

    def waiting(self) -> AbstractContextManager[None]:
        """Around one request. Raises GivenUp where none is to be made any more."""
        return nullcontext()

    def heard(self) -> None:
        """The store said something."""

    def silent(self, message: str, *, path: str | None, hint: str) -> Unavailable:
        """The error of a request that met with silence."""
        return Unavailable(message, path=path, hint=hint)


PATIENT: Final = Patience()

"""How long to wait before trying again. Pure: the caller brings the dice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from `first_s` to `most_s`; each wait is drawn from the upper half, so that machines spread out."""

    first_s: float = 1.0
    most_s: float = 60.0

    def delay_s(self, failures: int, dice: float) -> float:
        """The wait after the n-th failure in a row (n from 1); `dice` in [0, 1)."""
        full = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return full * (0.5 + dice / 2)

"""The disk's edge. `base` is the contract; `disk` the real one, `memory` the simulator's; `scan` and `watch` say what is there."""

"""The disk's edge: `base` is the contract, `disk` a real directory, `memory` the simulator's; `watch` says where to look."""

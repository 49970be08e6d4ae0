"""A process with many mounts: configuration, state, deadlines, status."""

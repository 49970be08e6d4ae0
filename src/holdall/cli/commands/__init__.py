"""The commands, a module each: `arguments(parser)` and `run(args) -> int`. `main` has their table."""

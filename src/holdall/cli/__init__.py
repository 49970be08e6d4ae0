"""The commands, a module each; `main` has the table."""

"""The command line: `main` has the table of the commands; what several of them share lies beside it."""

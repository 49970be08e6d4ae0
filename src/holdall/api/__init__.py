"""The daemon's HTTP face over its Unix socket, and the client that the commands use."""

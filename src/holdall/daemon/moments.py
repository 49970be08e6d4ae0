"""Times as every face shows them."""

from datetime import UTC, datetime


def iso(at: float) -> str:
    """`at`: unix seconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Bytes as people read them."""


def human(size: float) -> str:
    """`812 B`, `3.4 MB`: powers of ten, as storage is sold."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def counted(count: int, what: str) -> str:
    """`1 mount`, `12 mounts`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def files(count: int) -> str:
    """`1 file`, `12 files`."""
    return counted(count, "file")

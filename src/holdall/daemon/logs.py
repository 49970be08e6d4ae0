"""Where log lines go and how they look: text for people and journald, or one JSON object a line."""

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final, Literal

from holdall.daemon.context_name import escaped

Format = Literal["text", "json"]

_FILE_BYTES: Final = 10_000_000
_FILES: Final = 3
_PRIORITY: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class _Line(logging.Formatter):
    """A name in a message cannot begin a line of its own, nor turn one around; a trace keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's)
        return escaped(super().formatMessage(record))


class _Text(_Line):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        return f"{at} {record.levelname.lower():7} {super().format(record)}"


class _Journal(_Line):
    """journald has the time already, and reads the priority from the line's head."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"<{_PRIORITY.get(record.levelno, 5)}>"
        return "\n".join(head + line for line in super().format(record).split("\n"))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(form: Format, file: Path | None = None) -> None:
    """To stderr, or to a file of the owner's that is turned over at 10 MB."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler()
    else:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
        handler = RotatingFileHandler(file, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
    if form == "json":
        handler.setFormatter(_Json())
    else:
        handler.setFormatter(_Journal() if file is None and _is_journal() else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("holdall").setLevel(logging.INFO)
    threading.excepthook = _uncaught


def _is_journal() -> bool:
    """Whether stderr is the stream that systemd named, not merely inherited its name."""
    named = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{found.st_dev}:{found.st_ino}"


def _uncaught(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is None or found.exc_type is SystemExit:
        return
    name = found.thread.name if found.thread else "a thread"
    trace = (found.exc_type, found.exc_value, found.exc_traceback)
    logging.getLogger("holdall").critical("%s ended by a defect", name, exc_info=trace)

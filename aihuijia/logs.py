"""Log lines: a sentence for people, an action for machines; never a number or a position."""

import logging
import sys


class _Sentences(logging.Formatter):
    """`12:03:04 WARNING Lost the broker; trying again. action=broker_lost`."""

    _known = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Add the extras behind the sentence."""
        line = super().format(record)
        extras = " ".join(
            f"{key}={value}" for key, value in vars(record).items() if key not in self._known
        )
        return f"{line} {extras}" if extras and "\n" not in line else line


def start_logging(level: str) -> None:
    """Log to standard error from *level* on; libraries only speak up when they must."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Sentences("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("alembic", "twilio", "urllib3", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)

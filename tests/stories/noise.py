"""What the service logged: every line to be read, and errors that nobody expected."""

import logging
from collections import Counter


class Noise(logging.Handler):
    """Listens to every logger while a story lasts."""

    def __init__(self) -> None:
        """Listen from now on."""
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._errors: list[tuple[str, str]] = []
        self._expected: Counter[str] = Counter()
        self._possible: Counter[str] = Counter()
        root = logging.getLogger()
        self._level_before = root.level
        root.addHandler(self)
        root.setLevel(min(root.level, logging.INFO) or logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; errors also apart."""
        action = str(getattr(record, "action", ""))
        line = f"{record.levelname} {action}: {record.getMessage()}"
        if record.exc_info is not None and record.exc_info[1] is not None:
            line += f" ({record.exc_info[0].__name__}: {record.exc_info[1]})"
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self._errors.append((action, line))

    def expects(self, action: str, times: int = 1) -> None:
        """Take *times* error lines of *action* as part of the story."""
        self._expected[action] += times

    def may(self, action: str, times: int = 1) -> None:
        """Let at most *times* error lines of *action* come, or none."""
        self._possible[action] += times

    def unexpected(self) -> list[str]:
        """Return the errors nobody expected, and expected ones that did not come."""
        left, possible = self._expected.copy(), self._possible.copy()
        found = []
        for action, line in self._errors:
            if left[action] > 0:
                left[action] -= 1
            elif possible[action] > 0:
                possible[action] -= 1
            else:
                found.append(line)
        return found + [f"expected and not logged: {action}" for action in left.elements()]

    def close(self) -> None:
        """Stop listening."""
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level_before)
        super().close()

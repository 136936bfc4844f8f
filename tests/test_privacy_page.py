"""The page about privacy says what the code does."""

import re
from pathlib import Path

from core.retention import RULES

PAGE = Path(__file__).parent.parent / "docs/privacy.md"


def test_the_page_tells_how_long_each_kind_is_kept() -> None:
    """Each kind has its row with its days and bounds, and no row is left over."""
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d+) \| (\d+), (\d+) \|", text, flags=re.MULTILINE)

    assert {kind.value: (rule.days, rule.least, rule.most) for kind, rule in RULES.items()} == {
        kind: (int(days), int(least), int(most)) for kind, days, least, most in rows
    }

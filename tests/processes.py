"""Run the real command as an operator would: other processes, settings in the environment."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers import free_port

AIHUIJIA = Path(sys.executable).with_name("aihuijia")
_OLDEST_WALL = "2026-11-23T00:00:00+00:00"


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with exactly these settings of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AIHUIJIA_")}
    return kept | {f"AIHUIJIA_{name}": value for name, value in settings.items()}


def production_settings(*, database_url: str, broker_url: str, speed: int) -> dict[str, str]:
    """Return settings for roles in their own processes, on a clock that all of them share."""
    api, provider = free_port(), free_port()
    return {
        "DATABASE_URL": database_url,
        "BROKER_URL": broker_url,
        "HTTP_PORT": str(api),
        "PUBLIC_URL": f"http://127.0.0.1:{api}",
        "SECRET_KEY": "a key for throw-away servers only 0123",
        "SMS_PROVIDER": "twilio",
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000121",
        "TWILIO_AUTH_TOKEN": "a secret for throw-away servers",
        "TWILIO_FROM": "+15005550006",
        "TWILIO_API_URL": f"http://127.0.0.1:{provider}",
        "CLOCK_SPEED": str(speed),
        "CLOCK_ORIGIN": _OLDEST_WALL,
        "TICK_S": "0.1",
    }


def run(
    arguments: Sequence[str], settings: Mapping[str, str], *, cwd: Path, timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `aihuijia` with *arguments* to its end."""
    return subprocess.run(
        [str(AIHUIJIA), *arguments],
        env=environment(settings),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def start(role: str, settings: Mapping[str, str], *, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a role and return at once; its log goes to `<role>.log` in *cwd*."""
    with (cwd / f"{role}.log").open("ab") as log:
        return subprocess.Popen(
            [str(AIHUIJIA), role], env=environment(settings), cwd=cwd, stdout=log, stderr=log
        )

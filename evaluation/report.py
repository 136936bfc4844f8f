"""The report of a run: what was found, on what, by which version of what."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geofence
from core.errors import BadFile
from evaluation.assessing import Plan, model_digest
from evaluation.reading import Folder
from geofence.model import MODEL, Model

#: grows when a reader of earlier reports must change
FORM = 1


def compose(
    found: dict[str, Any],
    folder: Folder,
    plan: Plan,
    *,
    settings: dict[str, Any],
    model: Model = MODEL,
) -> dict[str, Any]:
    """Return the whole report, ready for JSON."""
    recordings = folder.recordings
    return {
        "form": FORM,
        "settings": {**settings, "rules": list(plan.rules)},
        "model": model_digest(model),
        "engine": _engine_digest(),
        "versions": {
            "aihuijia": version("aihuijia"),
            "python": platform.python_version(),
            "numpy": version("numpy"),
        },
        "tracks": {
            "used": len(recordings),
            "without_zone": folder.without_zone,
            "fixes": sum(len(recording.fixes.at_s) for recording in recordings),
        },
        **found,
    }


def _engine_digest() -> str:
    """Return a short name of the engine's source: with the same model it may still judge anew."""
    digest = hashlib.sha256()
    for path in sorted(Path(geofence.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def write(report: dict[str, Any], path: Path) -> None:
    """Write the report; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Return a report that `write` wrote."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFile(f"{path} is missing; `aihuijia evaluate --report` writes it.") from None
    except ValueError as error:
        raise BadFile(f"{path} is no report of `aihuijia evaluate`: {error}.") from error
    if not isinstance(report, dict) or report.get("form") != FORM:
        raise BadFile(f"{path} is no report of `aihuijia evaluate` of form {FORM}.")
    return report

"""Which judgement judged: a short name for the model's numbers and the rules together."""

import hashlib
import json
from dataclasses import asdict

from geofence.model import MODEL, Model

#: of the rules themselves; raise it when the same fixes may end in another decision than before.
#: tests/geofence/test_versions.py notices when that was forgotten
ENGINE = 2


def digest(model: Model = MODEL) -> str:
    """Return the name of the judgement that *model* and these rules make, 16 letters."""
    numbers = json.dumps(asdict(model), sort_keys=True)
    return hashlib.blake2b(f"{ENGINE} {numbers}".encode(), digest_size=8).hexdigest()

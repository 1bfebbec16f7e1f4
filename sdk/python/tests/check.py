"""Reads requests as the vectors write them and says what this library makes of each: python3 tests/check.py"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from patchbay import webhooks


def check(given: dict[str, Any]) -> dict[str, str]:
    try:
        event = webhooks.verify(given["headers"], base64.b64decode(given["body_base64"]), given["secrets"], now=lambda: float(given["now"]))
    except webhooks.WebhookError as refused:
        return {"error": refused.code}
    return {"id": event.id, "type": event.type, "external_user_id": event.external_user_id or ""}


print(json.dumps([check(given) for given in json.load(sys.stdin)]))

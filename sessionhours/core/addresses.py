"""The first parts of the house's own addresses. A town's page is at ``/{town}/``, so no town may be called like one."""

from __future__ import annotations

#: Pages and feeds of a town, which stand at the top where there is only one, and the house's own doors (surfaces §4).
RESERVED = frozenset(
    {
        *("en", "termine", "aushang", "leichte-sprache"),
        *("console", "login", "logout", "api", "webhooks", "assets", "healthz", "readyz", "metrics"),
    }
)

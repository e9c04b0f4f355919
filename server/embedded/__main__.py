"""`python -m server.embedded .facet` stops servers of that data directory that nobody uses."""

from __future__ import annotations

import sys
from pathlib import Path

from server.embedded import stop_unused_postgres, stop_unused_valkey

for argument in sys.argv[1:]:
    stop_unused_valkey(Path(argument))
    stop_unused_postgres(Path(argument))

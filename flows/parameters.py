"""Parameters of flows, checked before a run begins; their descriptions are the flows' own."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from components.settings.base import Profile

HomeFolder = Path
"""Folder in which everything lies."""

Drawings = Path | None
"""Folder with the DXF files; None for the home folder's own."""

Size = Profile
"""How much work."""

DaskScheduler = Annotated[str, Field(pattern=r"^(local|(tcp|tls|ws|wss)://.+)$")] | None
"""Address of a Dask scheduler, `local` for a cluster on this machine; None works without Dask."""

Seed = Annotated[int, Field(ge=0)]
"""Decides everything random."""

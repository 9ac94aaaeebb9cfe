"""`[history]`: how long samples of past sessions are kept."""

from typing import Annotated

from pydantic import Field

from bridge.config.section import Number, Section
from bridge.history.store.retention import Retention


class History(Section):
    """Retention of samples, commands and events, in days and megabytes (1e6); sessions stay."""

    samples_days: Annotated[Number, Field(ge=7, le=36_500)] = 1825
    max_mb: Annotated[Number, Field(ge=20, le=1_000_000)] = 500

    @property
    def retention(self) -> Retention:
        """Return the retention for the history's file."""
        return Retention(self.samples_days, self.max_mb)

"""What `[privacy]` of curate.toml may say."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from curate.privacy.patterns import REGIONS


@dataclass(frozen=True)
class PrivacySettings:
    """The section `[privacy]` of curate.toml.

    Attributes:
        regions: whose phone numbers are known without a country code.
        leave: kinds that stay as they are.
        names: whether the names of people are hidden too; needs the extra `[pii]`.
        redact: whether an export hides personal data; secrets are hidden without it too.
    """

    regions: tuple[str, ...] = REGIONS
    leave: tuple[str, ...] = ()
    names: bool = False
    redact: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {
            "regions": list(self.regions),
            "leave": list(self.leave),
            "names": self.names,
            "redact": self.redact,
        }


KEYS = tuple(field.name for field in dataclasses.fields(PrivacySettings))

"""`curate privacy`: personal data and secrets in what was pulled, and how an export leaves them out."""

from __future__ import annotations

from curate.patterns import Found as Found
from curate.patterns import find as find

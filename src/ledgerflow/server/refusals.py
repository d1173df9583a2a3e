"""What our own server refuses by itself, whatever the project."""

from __future__ import annotations

from ledgerflow.core.errors import InputRefused


class CrossSiteRefused(InputRefused):
    """The call came from a page of another site."""


class NotJson(InputRefused):
    """The body is not said to be JSON, so a form of any site could have sent it."""


class NoSuchRoute(InputRefused):
    """There is no such address."""

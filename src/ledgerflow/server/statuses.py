"""The HTTP status of every error."""

from __future__ import annotations

from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from ledgerflow.server.refusals import CrossSiteRefused, NoSuchRoute, NotJson

HTTP_STATUSES: dict[type[LedgerflowError], int] = {
    InputRefused: 400,
    ReconnectNeeded: 409,
    RecordRefused: 422,
    RetryLater: 503,
    CrossSiteRefused: 403,
    NotJson: 415,
    NoSuchRoute: 404,
}
"""409, not 401, for ReconnectNeeded: who calls our server is not the one who has to sign in."""


def http_status(error: LedgerflowError) -> int:
    """The status of an error: that of its class, or of the nearest base class that has one."""
    return next((HTTP_STATUSES[base] for base in type(error).__mro__ if base in HTTP_STATUSES), 500)

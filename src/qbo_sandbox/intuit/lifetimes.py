"""How long codes, tokens and connections live, as the facts have it."""

from datetime import timedelta

import qbo_facts

_FACTS = qbo_facts.oauth().lifetimes


def _span(name: str) -> timedelta:
    return timedelta(seconds=_FACTS[name].value)


CODE_LIFE = _span("authorization_code_seconds")
ACCESS_TOKEN_LIFE = _span("access_token_seconds")
REFRESH_VALUE_LIFE = _span("refresh_token_seconds")
"""What a new refresh token value reports; unused for longer, it is dead."""
REFRESH_VALUE_AGE = _span("refresh_token_value_changes_after_seconds")
"""A value older than this is replaced at the next refresh."""
CONNECTION_LIFE = _span("refresh_token_hard_limit_seconds")
"""The absolute end, whatever is refreshed in between."""
OLD_VALUE_GRACE = timedelta(hours=24)
"""For how long a replaced value lives on where that is asked for, as older documentation says."""

"""Intuit's identity side: discovery, consent, tokens, revocation, user information."""

"""OAuth 2 and keys as rules: what to send, what an answer means. No I/O of its own."""

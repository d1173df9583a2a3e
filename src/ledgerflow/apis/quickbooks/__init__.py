"""QuickBooks Online: what can be read and written, how to sign in, what its refusals mean."""

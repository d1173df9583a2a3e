"""`import ledgerflow` in Python: open a project, read a resource, run a flow."""

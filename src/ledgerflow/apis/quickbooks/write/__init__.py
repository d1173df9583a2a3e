"""Writing records to QuickBooks: rows become bodies, are checked, planned, sent in batches, and answered for."""

"""One program per way of reading the same invoices, each run as a process of its own with a JSON task."""

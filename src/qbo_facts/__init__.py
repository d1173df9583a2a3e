"""QuickBooks Online facts as data, with a typed loader."""

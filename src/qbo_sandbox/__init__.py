"""A local Intuit: OAuth server and QuickBooks company, built over `qbo_facts` alone."""

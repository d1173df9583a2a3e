"""Saved state: project files, vault, companies, runs, landed pages."""

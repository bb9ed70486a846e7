"""Credential formats: one a file."""

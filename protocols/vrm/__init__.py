"""Protocols of vendor relationship management, our own."""

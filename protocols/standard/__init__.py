"""Protocols published by others."""

"""Ears, mouth, clock, and the owner's will."""

"""Memory: one file a subject."""

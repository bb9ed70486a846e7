"""The story that scripts/demo plays."""

"""What `scripts/peer` does, one subject a file."""

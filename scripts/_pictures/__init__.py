"""Pictures of the owner's pages; see scripts/pictures."""

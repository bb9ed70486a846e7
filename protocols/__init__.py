"""What may be said, by whom, and when. Knows no keys, no network, no database."""

"""One wallet, carried from one kind of store to another: every row as it is, sealed, so that no key is needed."""

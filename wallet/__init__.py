"""Keys, DIDs, credentials and memory. Usable alone, in a script, without an event loop or network."""

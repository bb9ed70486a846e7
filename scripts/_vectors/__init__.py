"""The conformance vectors of the VRM families, and trying another implementation with them."""

"""The `freerange` command."""

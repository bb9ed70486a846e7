"""The figures of scripts/bench."""

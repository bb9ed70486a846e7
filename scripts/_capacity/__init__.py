"""The parts of scripts/capacity."""

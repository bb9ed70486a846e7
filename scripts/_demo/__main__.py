"""Plays the story once the environment is there. Started by scripts/demo."""

import argparse
import sys

from scripts._demo.play import play

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    sys.exit(play(as_json=options.json, keep=options.keep, short=options.short))

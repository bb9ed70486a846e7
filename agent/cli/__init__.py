"""The command line: what its owner says to an agent, running or not, and how that is shown."""

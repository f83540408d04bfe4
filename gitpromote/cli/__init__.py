"""The command line: one file per verb; it has nothing that the SDK lacks."""

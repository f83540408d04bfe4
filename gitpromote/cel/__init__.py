"""Expressions in CEL, checked when they are loaded: what gates, predicates and filters are written in."""

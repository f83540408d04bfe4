"""Git: mirrors, objects, commits, compare-and-swap pushes, locks, and the repositories that people work in.

Everything on a hot path is git's own plumbing; ``workrepo`` alone knows GitPython.
"""

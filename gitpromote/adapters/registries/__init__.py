"""Registries of images and charts: reading them over HTTP, with the credentials that Docker keeps.

``registry`` is the whole of it for the engine; ``oci`` and ``chart_index`` read the two sorts, ``session`` logs in.
"""

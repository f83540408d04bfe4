"""Renderers: from a :class:`~gitpromote.model.render.RenderJob` to manifests and files.

This package starts the only processes of gitpromote besides git's. Which renderers there are says
:mod:`~gitpromote.adapters.renderers.table`.
"""

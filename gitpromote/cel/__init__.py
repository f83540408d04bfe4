"""Expressions in CEL, checked when they are loaded: what gates, predicates and filters are written in.

``declare`` says which names an expression may use, ``contexts`` has the declarations that there are, ``expression``
compiles and evaluates. One module, ``library``, knows the vendor's CEL, and imports it when the first expression is
compiled.
"""

"""Container images without Docker: each folder here is one image, and its recipe.py says how it is made.

The walk: __main__ (the command) -> catalog (which images there are) -> recipe of each image -> buildah or archive
(how an image archive is written) -> store (where finished archives lie, named by the content they were made of).
"""

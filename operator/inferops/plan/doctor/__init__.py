"""`inferops doctor`: what was seen of an installation and its cluster -> what is wrong, and what to do. PURE."""

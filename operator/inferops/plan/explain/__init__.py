"""`inferops explain`: what was read of an instance -> why it is (not) ready, link by link. PURE.

The judgement is the operator's own (regions.py, verdicts.py), made anew from what is there now.
"""

"""From an object that changed to a cluster that agrees: gather, plan, apply, status; one file per kind."""

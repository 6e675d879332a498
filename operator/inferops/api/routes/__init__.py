"""Paths of the REST API; one file for each resource. A route is thin: what it means is in translate/."""

"""PURE: bodies of the REST API -> custom resources, and back; one file for each resource."""

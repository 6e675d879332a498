"""A real single-node Kubernetes for development, from plain binaries: see README.md beside this file."""

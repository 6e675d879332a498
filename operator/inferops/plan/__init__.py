"""PURE: what a user wrote plus the catalog -> the Kubernetes objects that should exist, and what their status means."""

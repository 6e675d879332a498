"""The only code that talks to Kubernetes: client, stores fed by reflectors, server-side apply, Lease."""

"""The REST API: one asyncio process, of which any number of replicas may run.

    watches -> world -> routes (reads)
    routes  -> translate (pure) -> writer -> API server -> world

It writes custom resources, and the Secrets that they name; it reads from watches. It keeps nothing to itself, so every
replica answers alike, and what kubectl or a GitOps tool changes is seen here as what came by REST.
"""

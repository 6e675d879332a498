"""Where a virtual host lives: Envoy builds a route table anew for each change in it, so there are many."""

TABLES = 64
"""A change among 10,000 instances builds 160 of them anew: milliseconds, where all would be a third of a second."""


def table_names() -> list[str]:
    """Of all tables that have instances."""
    return [f"instances-{number:02}" for number in range(TABLES)]


def table_of(route_id: str) -> str:
    """The table of an instance: ids end with two digits of a hash."""
    return f"instances-{int(route_id[-2:], 16) % TABLES:02}"


def virtual_host_name(route_id: str) -> str:
    """Resource name of an instance's virtual host: the table, a slash, and no other slash."""
    return f"{table_of(route_id)}/{route_id}"

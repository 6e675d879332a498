"""What a database says when it cannot, for people."""

from sqlalchemy.exc import SQLAlchemyError


def describe(error: SQLAlchemyError) -> str:
    """The database's own words, in one line; neither statement nor values, nor how to log in."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0][:200]

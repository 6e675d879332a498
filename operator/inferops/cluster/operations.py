"""How the API server is asked: verbs of its API as HTTP methods and content types."""

JSON = "application/json"
OPERATIONS = {
    "APPLY": ("PATCH", "application/apply-patch+yaml"),
    "PATCH": ("PATCH", "application/merge-patch+json"),
    "EDIT": ("PATCH", "application/json-patch+json"),
    "CREATE": ("POST", JSON),
    "UPDATE": ("PUT", JSON),
    "DELETE": ("DELETE", JSON),
    "GET": ("GET", JSON),
    "LIST": ("GET", JSON),
    "REVIEW": ("POST", JSON),
}
"""HTTP method and content type by verb; a review is a question that is asked by POST, and no write."""

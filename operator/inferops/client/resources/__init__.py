"""What can be asked of the REST API, one file per kind of object: pure plans, and the methods made of them."""

"""`make demo`: from YAML files to three answers of real engines, by the clients that users have."""

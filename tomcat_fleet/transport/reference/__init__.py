"""The places that a reference to a secret may name, one file per kind."""

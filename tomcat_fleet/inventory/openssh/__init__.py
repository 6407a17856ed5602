"""The OpenSSH client's configuration, as far as it says how a machine is reached. Nothing in it is ever run."""

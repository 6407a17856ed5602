"""How bytes reach a shell on a target: one connection, one channel, one ``sh -s``."""

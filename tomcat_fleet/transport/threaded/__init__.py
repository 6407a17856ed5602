"""Reaching targets with paramiko: an independent second implementation of SSH, whose calls block and run in threads."""

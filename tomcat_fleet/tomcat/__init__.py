"""What is true of Tomcat itself: parsers of its files, its semantics by version, its version tables.

``examine`` turns the evidence of one target into instances as Tomcat would see them.
"""

"""One sweep: every target of a plan audited, judged and reported, each exactly once."""

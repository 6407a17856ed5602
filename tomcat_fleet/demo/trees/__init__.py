"""The scratch trees: what the files of each demo host look like."""

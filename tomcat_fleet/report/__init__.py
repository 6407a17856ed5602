"""Pages and files of a sweep: one report per host, the fleet page, results.jsonl, summary.json, SHA256SUMS."""

"""What a sweep has done so far, on disk and safe against any end: results, and the evidence that they rest on."""

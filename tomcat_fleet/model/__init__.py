"""Plain frozen data: what travels between the rooms of the house. No I/O, no logic beyond ordering."""

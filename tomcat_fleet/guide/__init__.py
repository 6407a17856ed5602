"""The words: every sentence a report says, in Korean and English, from ``checks/<slug>/guide.toml``."""

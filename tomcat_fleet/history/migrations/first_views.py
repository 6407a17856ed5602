"""Views of the first schema, in the SQL that SQLite and PostgreSQL share. Their names and columns are for people."""

from __future__ import annotations

from typing import Final

_OF_INSTANCE: Final = "JOIN instance i ON i.id = f.instance_id JOIN host h ON h.id = i.host_id"

VERDICTS: Final = f"""
CREATE VIEW v_verdicts AS
SELECT h.target, h.zone, i.base, i.version, f.item, f.severity, f.verdict, s.day AS verdict_since,
       c.day AS last_confirmed, f.open_since, f.fingerprint, f.detail
FROM finding f {_OF_INSTANCE}
JOIN sweep s ON s.number = f.first_sweep JOIN sweep c ON c.number = i.last_sweep
WHERE f.until_sweep IS NULL
"""  # noqa: S608  nobody's words are in it
OPEN_FINDINGS: Final = f"""
CREATE VIEW v_open_findings AS
SELECT h.target, h.zone, i.base, f.item, f.severity, f.open_since, f.verdict AS verdict_now,
       COALESCE(f.known_on, c.day) AS last_confirmed
FROM finding f {_OF_INSTANCE} JOIN sweep c ON c.number = i.last_sweep
WHERE f.until_sweep IS NULL AND f.known = 'fail'
"""  # noqa: S608  same
NEW_FAILURES: Final = f"""
CREATE VIEW v_new_failures AS
SELECT s.day, s.series, s.sweep, h.target, h.zone, i.base, f.item, f.severity, f.open_since
FROM finding f {_OF_INSTANCE} JOIN sweep s ON s.number = f.first_sweep
WHERE f.verdict = 'fail' AND f.open_since = s.day AND f.first_sweep > h.first_sweep
 AND NOT EXISTS (SELECT 1 FROM finding p WHERE p.instance_id = f.instance_id AND p.item = f.item
                 AND p.first_sweep < f.first_sweep AND p.open_since = f.open_since)
"""  # noqa: S608  same
HOSTS_NOT_SEEN: Final = """
CREATE VIEW v_hosts_not_seen AS
SELECT h.target, h.zone, h.address, o.outcome AS last_outcome, a.day AS last_tried, r.day AS last_reached
FROM host h
JOIN observation o ON o.host_id = h.id
 AND o.sweep_number = (SELECT MAX(p.sweep_number) FROM observation p WHERE p.host_id = h.id)
JOIN sweep a ON a.number = o.sweep_number LEFT JOIN sweep r ON r.number = h.last_sweep
WHERE h.last_sweep IS NULL OR h.last_sweep < o.sweep_number
"""
TREND: Final = """
CREATE VIEW v_trend AS
SELECT s.day, s.series, s.sweep, t.zone, t.item, t.verdict, t.n AS instances
FROM sweep_item_summary t JOIN sweep s ON s.number = t.sweep_number
"""
SAME_EVIDENCE: Final = f"""
CREATE VIEW v_same_evidence AS
SELECT f.item, f.severity, f.detail AS evidence, COUNT(DISTINCT h.id) AS hosts, MIN(h.target) AS example
FROM finding f {_OF_INSTANCE}
WHERE f.until_sweep IS NULL AND f.verdict = 'fail'
GROUP BY f.item, f.severity, f.detail HAVING COUNT(DISTINCT h.id) > 1
"""  # noqa: S608  same

VIEWS: Final = (VERDICTS, OPEN_FINDINGS, NEW_FAILURES, HOSTS_NOT_SEEN, TREND, SAME_EVIDENCE)

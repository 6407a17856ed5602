"""tomcat-fleet: agentless audit of Apache Tomcat fleets against a Korean hardening guide."""

__version__ = "0.1.0"

"""``python -m tomcat_fleet`` is the same program as the ``tomcat-fleet`` command."""

from tomcat_fleet.cli.app import main

if __name__ == "__main__":
    main()

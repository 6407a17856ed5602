"""The thirteen checks of the guide, in guide order."""

from __future__ import annotations

from tomcat_fleet.checks import (
    daemon_account,
    default_accounts,
    directory_listing,
    directory_permissions,
    error_pages,
    examples,
    file_permissions,
    log_permissions,
    manager_access,
    password_file,
    password_strength,
    patch_level,
    process_manager,
)
from tomcat_fleet.model.check import Check

ALL: tuple[Check, ...] = (
    manager_access.CHECK,
    default_accounts.CHECK,
    password_strength.CHECK,
    password_file.CHECK,
    daemon_account.CHECK,
    directory_permissions.CHECK,
    file_permissions.CHECK,
    directory_listing.CHECK,
    error_pages.CHECK,
    examples.CHECK,
    process_manager.CHECK,
    log_permissions.CHECK,
    patch_level.CHECK,
)

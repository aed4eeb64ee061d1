"""The command line: what an operator does without a browser. Every command runs in the application's context."""

from __future__ import annotations

from app.cli.database import migrate_command, shell_command
from app.cli.demo import demo_command
from app.cli.doctor import doctor_command
from app.cli.people import account_group, user_group

COMMANDS = (account_group, user_group, demo_command, doctor_command, migrate_command, shell_command)

"""docs/operation.md: every command of manage.py in it exists, with its options, and backing up works as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from digibeoordelen import VERSION
from scripts.environment import BASE
from tests.processes import Site

TEXT = (BASE / "docs/operation.md").read_text()
COMMANDS = sorted(set(re.findall(r"manage\.py ([a-z][^`\n#]*)", TEXT)))


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_manual_exists(command: str) -> None:
    name, *arguments = shlex.split(command)
    found = get_commands()[name]
    loaded = found if isinstance(found, BaseCommand) else load_command_class(found, name)
    parser = loaded.create_parser("manage.py", name)
    known = {option for action in parser._actions for option in action.option_strings}
    assert {argument for argument in arguments if argument.startswith("--")} <= known


def test_manual_has_commands() -> None:
    assert {"backup /backup --keep 14", "restore /backup", "check_files"} <= {command.strip() for command in COMMANDS}


@pytest.mark.process
def test_backup_and_restore_as_the_manual_says(site: Site, tmp_path: Path) -> None:
    section = TEXT.partition("## Back up and restore")[2].partition("\n## ")[0]
    commands = re.findall(r"^manage\.py (.*)$", section, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["backup", "restore", "migrate", "check_files", "erase_due"]
    site.python("from accounts.models import School; School.objects.create(name='ROC Hier')")
    for command in commands:
        if command.startswith("restore"):
            site.destroy()
        site.manage(*command.replace("/backup", str(tmp_path / "kopie")).split())
    assert site.rows("select name from accounts_school") == [("ROC Hier",)]


def test_version_is_everywhere_the_same() -> None:
    assert f'version = "{VERSION}"' in (BASE / "pyproject.toml").read_text()
    assert f"image: digibeoordelen:{VERSION}" in (BASE / "docker-compose.yml").read_text()

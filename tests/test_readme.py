"""The README promises nothing that is not there."""

import re
from pathlib import Path

import pytest

from holdall.cli.main import COMMANDS, module_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?<!from )holdall ([a-z][a-z-]+)", README))))
def test_its_commands_exist(command):
    assert command in COMMANDS
    module_of(command)


def test_its_options_exist():
    for line in SHELL.splitlines():
        found = re.match(
            r"(?:\.venv/bin/)?holdall ([a-z-]+)([^#]*)", line.partition("&& .venv/bin/holdall")[0]
        )
        if found is None:
            continue
        module = module_of(found[1])
        import argparse

        parser = argparse.ArgumentParser()
        module.arguments(parser)
        known = {option for action in parser._actions for option in action.option_strings}
        ours = found[2].partition(" -- ")[0]
        assert set(re.findall(r"--[a-z-]+", ours)) <= known, line


def test_ci_runs_its_test_command():
    (command,) = [line for line in SHELL.splitlines() if "pytest" in line]
    assert command in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:examples|tests|src|\.ci)/[^`]+)`", README))))
def test_its_files_exist(path):
    assert (ROOT / path).exists()


def test_its_layers_are_the_folders():
    table = set(re.findall(r"`([a-z]+/|[a-z]+\.py)`", README.partition("| part |")[2].partition("\n\n")[0]))
    named = {one for one in table if (ROOT / "src/holdall" / one).exists()}
    folders = {
        f"{one.name}/"
        for one in (ROOT / "src/holdall").iterdir()
        if one.is_dir() and one.name != "__pycache__"
    }
    assert folders <= named

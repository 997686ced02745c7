"""One environment, three files: pyproject.toml declares, requirements.lock pins, environment.yml
gives the same to conda."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]
ASKED_FOR = {"jupyterlab", "pandas", "matplotlib", "seaborn", "papermill", "nbval"}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def declared():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {plain(re.match(r"[\w.-]+", line)[0]): line for line in wanted}


def locked():
    pins = {}
    for line in (PROJECT / "requirements.lock").read_text().splitlines():
        match = re.match(r"([\w.-]+)==([^ ;]+)", line)
        assert match, f"not a pinned version: {line}"
        pins.setdefault(plain(match[1]), set()).add(match[2])
    return pins


def for_conda():
    pins = {}
    for entry in yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"]:
        for line in entry["pip"] if isinstance(entry, dict) else [entry]:
            name, _, version = line.replace("==", "=").partition("=")
            pins[plain(name.partition("[")[0])] = version
    return pins


def test_the_packages_asked_for_are_declared():
    assert declared().keys() >= ASKED_FOR


def test_every_declared_package_is_locked():
    assert set(declared()) <= set(locked())


def test_conda_gets_what_is_declared_in_the_locked_version():
    conda, pins = for_conda(), locked()
    for name in declared():
        assert {conda.get(name)} == pins[name], name
    extra = set(conda) - set(declared())
    assert {e for e in extra if not e.startswith("-")} == {"python", "pip", "git", "make"}
    assert any(
        "--editable ." in e
        for e in yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    )


def test_python_is_new_enough_for_the_project():
    minimum = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert minimum == ">=3.11"
    assert tuple(map(int, for_conda()["python"].split("."))) >= (3, 11)


def test_what_runs_here_is_what_is_locked():
    for name in declared():
        assert metadata.version(name) in locked()[name], name

"""The commands in bin/: in a small project of their own, whose locks name no package, so that nothing is fetched."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BIN = PROJECT / "bin"
LOCKS = ["requirements.lock", "requirements-dev.lock"]
# What the scripts may use of a plain Debian.
TOOLS = ["cat", "date", "dirname", "find", "flock", "grep", "id", "mkdir", "mktemp", "rm", "sed", "sh", "sha256sum"]
TOOLS += ["tail", "tee", "xargs"]
# A manage.py that tells what it was given, and by whom it can be signalled.
MANAGE = "import os, sys; print(os.getpid(), *sys.argv[1:], flush=True); os.environ.get('STAY') and sys.stdin.read()"


class Project:
    """A folder like ours, and a PATH with only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a project"
        self.path = folder / "path"
        self.path.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.path / tool).symlink_to(found)
        shutil.copytree(BIN, self.folder / "bin")
        (self.folder / "manage.py").write_text(MANAGE)
        (self.folder / ".ci").mkdir()
        shutil.copy(PROJECT / ".ci" / "run", self.folder / ".ci")
        (self.folder / "templates").mkdir()
        for lock in LOCKS:
            (self.folder / lock).write_text("# nothing\n")

    def program(self, name: str, text: str) -> None:
        path = Path(self.path, name)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def python(self, name: str) -> None:
        """A real one under this name, which only is quicker to put pip into a new environment."""
        real = getattr(sys, "_base_executable", sys.executable)
        pip = Path(str(find_spec("pip").submodule_search_locations[0]))
        place = Path(".venv", "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
        link = f'{shutil.which("ln")} -s "{pip}" {place}'
        quick = f'[ "$1 $2" = "-m venv" ] && "{real}" "$@" --without-pip && exec {link}'
        self.program(name, f'{quick}\nexec "{real}" "$@"')

    def start(self, command: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / command, *arguments],
            env={"PATH": str(self.path), "HOME": "/nonexistent", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, what was printed, and what was said on stderr."""
        with self.start(command, *arguments, **environment) as process:
            out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def pretend_installed(self) -> None:
        """An environment whose python succeeds at everything, except what FAIL names, and tells what."""
        tools = self.folder / ".venv" / "bin"
        tools.mkdir(parents=True)
        stub = '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "${0##*/} $*"\n'
        stub += 'case "$*" in *"${FAIL:-nothing}"*) exit 5;; esac\n'
        for name in ("python", "ruff", "mypy", "djade", "oxlint"):
            (tools / name).write_text(stub)
            (tools / name).chmod(0o755)
        for lock in LOCKS:
            stamp = subprocess.run(["sha256sum"], input=b"# nothing\n", capture_output=True, check=True).stdout
            (self.folder / ".venv" / f".{lock}").write_bytes(stamp)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_where_no_python_will_do_a_sentence_says_so(project: Project) -> None:
    project.program("python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    project.program("python3", "exit 1")  # as the question for its version ends, when that is 3.11
    code, out, err = project.run("bin/serve")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"No Python 3\.12, 3\.13 or 3\.14 that you can run was found: install one .*\n", err)


def test_serve_prepares_once_and_becomes_the_server(project: Project) -> None:
    project.program("python3.14", "exit 127")
    project.python("python3")
    code, out, err = project.run("bin/serve", "--port", "8100")
    assert code == 0
    assert out.split()[1:] == ["serve", "--demo", "--port", "8100"]
    assert re.match(r"Making \.venv .*\nInstalling 0 packages", err)

    with project.start("bin/serve", STAY="yes") as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline().split()[0] == str(process.pid)  # exec: signals arrive
        process.send_signal(signal.SIGTERM)
        assert (process.wait(), process.stderr.read()) == (-signal.SIGTERM, "")

    (project.folder / "requirements.lock").write_text("# another nothing\n")
    assert "Installing 0 packages from requirements.lock" in project.run("bin/serve")[2]
    assert project.run("bin/serve")[2] == ""

    (project.folder / ".venv" / "bin" / "python").unlink()
    assert "Making .venv" in project.run("bin/serve")[2]
    (project.folder / ".venv" / ".unfinished").touch()
    (project.folder / ".venv" / "half").touch()
    assert "Making .venv" in project.run("bin/serve")[2]
    assert not (project.folder / ".venv" / "half").exists()


def test_two_first_runs_at_once_prepare_one_environment(project: Project) -> None:
    project.python("python3.13")
    with project.start("bin/serve") as first, project.start("bin/serve") as second:
        ends = [process.communicate(timeout=60) for process in (first, second)]
        assert first.returncode == second.returncode == 0
    assert sorted("Making .venv" in err for _, err in ends) == [False, True]


def test_packages_that_cannot_be_installed_are_named(project: Project) -> None:
    project.python("python3.13")
    (project.folder / "requirements.lock").write_text(f"./missing-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n")
    code, out, err = project.run("bin/serve")
    assert (code, out) == (1, "")
    assert "missing-1.0" in err
    assert "could not be installed" in err


@pytest.mark.parametrize(
    ("failing", "summary"),
    [
        ("nothing", "lint passed, tests passed"),
        ("ruff", "lint FAILED, tests passed"),
        ("pytest", "lint passed, tests FAILED"),  # 5 is also what pytest says when it found no test
    ],
)
@pytest.mark.parametrize("command", ["bin/test", ".ci/run"])
def test_the_summary_tells_and_the_exit_code_too(project: Project, command: str, failing: str, summary: str) -> None:
    project.pretend_installed()
    project.program("chromium", "echo Chromium 1")
    if failing == "ruff":
        (project.folder / ".venv" / "bin" / "ruff").write_text("#!/bin/sh\nexit 1\n")
    code, out, _ = project.run(command, "-k", "one or two", FAIL="pytest" if failing == "pytest" else "nothing")
    assert code == (0 if failing == "nothing" else 1)
    assert "python -m pytest -n 3 --dist worksteal -k one or two\n" in out
    assert out.splitlines()[-1].startswith(summary)


def test_lint_goes_on_after_a_failure(project: Project) -> None:
    project.pretend_installed()
    code, out, _ = project.run("bin/lint", FAIL="format")
    assert code == 1
    lines = out.splitlines()
    assert "FAILED  ruff format" in lines
    assert "ruff format --check" in lines  # what the tool printed
    assert lines[-1] == "ok      manage.py check"
    assert project.run("bin/lint")[0] == 0


def test_without_chromium_it_says_what_to_do(project: Project) -> None:
    project.pretend_installed()
    project.program("chromium-browser", "echo 'requires the chromium snap'; exit 1")
    code, out, err = project.run("bin/test")
    assert (code, out) == (1, "")
    assert "apt-get install chromium" in err
    assert "set CHROMIUM" in err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_root_has_chromium_installed(project: Project) -> None:
    project.pretend_installed()
    installed = f'echo "$DEBIAN_FRONTEND $*" >&2; cp "{project.path}/new" "{project.path}/chromium"'
    (project.path / "cp").symlink_to(str(shutil.which("cp")))
    project.program("new", "exit 0")
    project.program("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>"{project.folder}/apt"; {installed}')
    code, out, _ = project.run("bin/soak")
    assert code == 0
    assert (project.folder / "apt").read_text().splitlines()[0] == "noninteractive update"
    assert "install -y --no-install-recommends" in (project.folder / "apt").read_text()
    assert out == "python -m pytest -m soak\n"


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_what_the_project_names_and_no_address(name: str) -> None:
    text = (PROJECT / name).read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    named = project["project"]["dependencies"] + (project["dependency-groups"]["dev"] if "dev" in name else [])
    locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert {re.split(r"[^\w-]", requirement)[0] for requirement in named} <= locked
    assert not re.search(r"://|index|file:| /", text)
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:])


def test_the_developers_lock_holds_the_servers() -> None:
    runtime, dev = (re.findall(r"^(\S+==\S+)", (PROJECT / name).read_text(), re.MULTILINE) for name in LOCKS)
    assert set(runtime) <= set(dev)

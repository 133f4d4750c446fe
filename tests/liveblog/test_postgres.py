"""The embedded server: real processes, real kills."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from liveblog.postgres import conninfo
from liveblog.postgres.binaries import ServerError
from liveblog.postgres.cluster import Cluster, take
from liveblog.postgres.server import ensure

PROJECT = Path(__file__).resolve().parents[2]
HOLD = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits that it is ignored
from liveblog.postgres.server import ensure
print(ensure(Path(sys.argv[1]), "news")["host"], flush=True)
sys.stdin.read()
"""
DJANGO = """
import os, signal, sys, threading
from pathlib import Path
import django
from django.conf import settings
pool = {"pool": {"min_size": 0, "max_size": 4, "timeout": 20}} if sys.argv[2] == "pool" else {}
settings.configure(USE_TZ=True, DATABASES={"default": {
    "ENGINE": "liveblog.postgres", "NAME": "news", "DATA": Path(sys.argv[1]), "OPTIONS": pool,
    "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}})
django.setup()
from django.core import management
from django.db import close_old_connections, connection
def ask(answers):
    close_old_connections()  # as a request does
    with connection.cursor() as cursor:
        answers.append(cursor.execute("SELECT 1").fetchone())
    connection.close()
def ask_in_threads():
    answers = []
    threads = [threading.Thread(target=ask, args=[answers]) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return len(answers)
"""


def until[T](question: Callable[[], T], seconds: float = 15) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return answer


def gone(cluster: Cluster) -> bool:
    with cluster.open("guard") as guard:
        return not cluster.processes() and take(guard, 2, wait=False)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A whole cluster to copy: making one takes a second."""
    cluster = Cluster(tmp_path_factory.mktemp("made") / "postgres")
    with holder(cluster):
        pass
    until(lambda: gone(cluster))
    return cluster


@pytest.fixture
def cluster(empty: Cluster, made: Cluster) -> Cluster:
    shutil.copytree(made.data, empty.data, copy_function=shutil.copy)
    return empty


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "postgres")
    yield cluster
    if cluster.folder.is_dir():
        until(lambda: gone(cluster))
    if cluster.socket_folder.parent != cluster.folder:
        shutil.rmtree(cluster.socket_folder, ignore_errors=True)


def start(cluster: Cluster, code: str = HOLD, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(cluster.folder), *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def holder(cluster: Cluster, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server, by now running."""
    with start(cluster, **environment) as process:
        try:
            assert process.stdout and process.stdout.readline().strip() == str(cluster.socket_folder)
            yield process
        finally:
            process.kill()


def databases(cluster: Cluster) -> list[str]:
    with psycopg.connect(host=str(cluster.socket_folder), port="5432", user="liveblog", dbname="postgres") as server:
        return [name for (name,) in server.execute("SELECT datname FROM pg_database")]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_lives_as_long_as_its_last_user(cluster: Cluster, ending: signal.Signals) -> None:
    with holder(cluster) as first:
        with holder(cluster) as second:
            assert "news" in databases(cluster)
            second.send_signal(ending)
            second.wait(20)
        assert "news" in databases(cluster)
        first.send_signal(ending)
        first.wait(20)
        until(lambda: gone(cluster), 5)


def test_cold_starts_at_once_make_one_server(empty: Cluster) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(start(empty)) for _ in range(5)]
        assert {process.stdout and process.stdout.readline().strip() for process in processes} == {
            str(empty.socket_folder)
        }
        with empty.open("guard") as guard:
            assert not take(guard, 2, wait=False)
        for process in processes:
            process.kill()


@pytest.mark.parametrize("seconds", [0.15, 0.45, 0.75])
def test_a_first_start_killed_halfway_is_taken_over(empty: Cluster, seconds: float) -> None:
    with start(empty) as process:
        try:
            process.wait(seconds)  # the moment is the point: somewhere in import, initdb or start
        except subprocess.TimeoutExpired:
            process.kill()
    with holder(empty):
        assert "news" in databases(empty)


@pytest.mark.parametrize("pool", ["pool", "none"])
def test_django_survives_a_killed_server(cluster: Cluster, pool: str) -> None:
    code = f"""{DJANGO}
import time
from liveblog.postgres.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]))
assert ask_in_threads() == 8
for _ in range(2):
    os.kill(cluster.postmaster(), signal.SIGKILL)
    while cluster.processes():  # its orphans may still answer, and die over the next question
        time.sleep(0.01)
    assert ask_in_threads() == 8
print("survived")
connection.close_pool()
"""
    with start(cluster, code, pool) as process:
        assert process.communicate(timeout=30)[0] == "survived\n"


def test_a_pooled_connection_is_not_preceded_by_a_question(cluster: Cluster) -> None:
    code = f"""{DJANGO}
ask([])
asked = "SELECT sessions FROM pg_stat_database WHERE datname = 'postgres'"  # where ensure asks
with connection.cursor() as cursor:
    [before] = cursor.execute(asked).fetchone()
for _ in range(20):
    ask([])
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    [after] = cursor.execute(asked).fetchone()
connection.close()
connection.close_pool()
print(after - before < 10)
"""  # noqa: S608
    with start(cluster, code, "pool") as process:
        assert process.communicate(timeout=30)[0] == "True\n"


def test_a_killed_guard_is_replaced(cluster: Cluster) -> None:
    with holder(cluster):
        guards = [pid for pid in every_process() if is_guard(pid, cluster)]
        assert len(guards) == 1
        os.kill(guards[0], signal.SIGKILL)
        with holder(cluster):
            pass
    until(lambda: gone(cluster), 5)


def every_process() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def is_guard(pid: int, cluster: Cluster) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"liveblog.postgres.guard" in arguments and os.fsencode(cluster.folder) in arguments


@pytest.mark.parametrize("name", ["with a space", "a, b and \"c\" or 'd'", "überlang " * 12])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    cluster = Cluster(tmp_path / name / "postgres")
    with holder(cluster):
        assert "news" in databases(cluster)
        assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
    until(lambda: gone(cluster))
    shutil.rmtree(cluster.socket_folder)


def test_the_short_socket_folder_must_be_ours(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "with a space")
    cluster.socket_folder.mkdir(mode=0o777)
    cluster.socket_folder.chmod(0o777)
    try:
        with pytest.raises(ServerError, match="not a private folder of ours"):
            # In a process of its own: this one would keep its lease.
            refused(cluster)
    finally:
        until(lambda: gone(cluster))
        cluster.socket_folder.rmdir()


def refused(cluster: Cluster) -> None:
    """Raises the ServerError with which a process ends."""
    code = """
import sys
from pathlib import Path
from liveblog.postgres import binaries, server
try:
    server.ensure(Path(sys.argv[1]))
except binaries.ServerError as error:
    print(error)
"""
    with start(cluster, code) as process:
        if said := process.communicate(timeout=30)[0]:
            raise ServerError(said)


def test_a_stale_pid_of_another_process_is_not_believed(cluster: Cluster) -> None:
    cluster.socket_folder.mkdir(mode=0o700)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        note = "\n".join([str(bystander.pid), str(cluster.data), "1", "5432", str(cluster.socket_folder), "", "", ""])
        (cluster.data / "postmaster.pid").write_text(note)
        (cluster.socket_folder / ".s.PGSQL.5432.lock").write_text(note)
        with holder(cluster):
            assert "news" in databases(cluster)
        until(lambda: gone(cluster))
        assert bystander.poll() is None
        bystander.kill()


def test_a_process_that_merely_looks_at_the_folder_is_left_alone(cluster: Cluster) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=cluster.data) as bystander:
        with holder(cluster):
            assert cluster.postmaster() in cluster.processes()
            assert bystander.pid not in cluster.processes()
        until(lambda: gone(cluster))
        assert bystander.poll() is None
        bystander.kill()


def test_a_half_made_cluster_is_made_anew(empty: Cluster) -> None:
    (empty.folder / "cluster.new").mkdir(parents=True)
    (empty.folder / "cluster.new" / "PG_VERSION").write_text("18\n")
    with holder(empty):
        assert "news" in databases(empty)


def test_a_folder_that_cannot_be_used_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServerError, match=r"cannot use .*/file/postgres .* set LIVEBLOG_DATA to a folder of your own"):
        ensure(tmp_path / "file" / "postgres")


def test_a_cluster_of_another_version_is_named_in_a_sentence(empty: Cluster) -> None:
    empty.data.mkdir(parents=True)
    (empty.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match="made by PostgreSQL 17, installed is 18"):
        refused(empty)


def test_a_server_that_does_not_start_says_why(cluster: Cluster) -> None:
    with (cluster.data / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(ServerError, match="no_such_setting"):
        refused(cluster)


def test_the_environment_of_other_servers_and_locales_is_ignored(empty: Cluster) -> None:
    with holder(empty, PGPORT="1", PGDATA="/nowhere", PGUSER="x", LC_ALL="xx_XX.UTF-8", HOME="/nonexistent"):
        assert "news" in databases(empty)


def test_a_removed_folder_is_made_anew_and_kept(cluster: Cluster) -> None:
    code = """
import os, shutil, signal, sys
from pathlib import Path
from liveblog.postgres.cluster import Cluster
from liveblog.postgres.server import ensure
folder = Path(sys.argv[1])
ensure(folder)
os.kill(Cluster(folder).postmaster(), signal.SIGKILL)
while folder.exists():
    shutil.rmtree(folder, ignore_errors=True)  # again if the dying server wrote into it meanwhile
ensure(folder)
server = Cluster(folder).postmaster()
print("anew", flush=True)
sys.stdin.readline()
ensure(folder)
print(server == Cluster(folder).postmaster())
"""
    with start(cluster, code) as process:
        assert process.stdout and process.stdout.readline() == "anew\n"
        with cluster.open("lease") as lease:
            assert not take(lease, 2, wait=False)  # else its guard would stop it
        assert process.communicate("\n", timeout=30)[0] == "True\n"


@pytest.mark.soak
def test_chaos(cluster: Cluster) -> None:
    """Two minutes of random kills: whoever lives is served, and when all are gone, nothing is left."""
    seconds, seed = 120, time.time_ns() % 10**6
    print("seed", seed)
    chance = random.Random(seed)  # noqa: S311
    code = f"""{DJANGO}
from django.db import OperationalError
ask_once = ask
def ask(answers):
    for attempt in range(20):
        try:
            return ask_once(answers)
        except OperationalError:  # it was killed while it answered
            pass
while sys.stdin.readline():
    print(ask_in_threads(), flush=True)
connection.close_pool()
"""
    users: list[subprocess.Popen[str]] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(users) < 4:
            users.append(start(cluster, code, chance.choice(["pool", "none"])))
        guards = [pid for pid in every_process() if is_guard(pid, cluster)]
        victim = chance.choice([cluster.postmaster(), chance.choice(users).pid, *guards])
        if victim and chance.random() < 0.5:
            os.kill(victim, chance.choice([signal.SIGKILL, signal.SIGINT]))
        users = [user for user in users if served_or_dead(user)]
    for user in users:
        user.kill()
        user.wait()
    until(lambda: gone(cluster), 10)


def served_or_dead(user: subprocess.Popen[str]) -> bool:
    """Whether it got its eight answers; if not, it must be because it was killed itself."""
    assert user.stdin and user.stdout
    try:
        os.write(user.stdin.fileno(), b"\n")  # not through its buffer, which would fail again when it is closed
        served = user.stdout.readline() == "8\n"
    except BrokenPipeError:
        served = False
    assert served or user.wait(10) in {-signal.SIGKILL, -signal.SIGINT, 1}
    return served


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces(empty: Cluster, tmp_path: Path) -> None:
    stub = tmp_path / "bin" / "unshare"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o755)
    before = [folder.stat() for folder in (tmp_path, *tmp_path.parents)]
    with holder(empty, PATH=f"{stub.parent}:{os.environ['PATH']}"):
        assert empty.data.stat().st_uid != 0
        with holder(empty):
            assert "news" in databases(empty)
    until(lambda: gone(empty))
    with holder(empty):  # namespaces are back: it goes on as whoever owns the data
        assert "news" in databases(empty)
    after = [folder.stat() for folder in (tmp_path, *tmp_path.parents)]
    assert [(stat.st_mode, stat.st_uid) for stat in before] == [(stat.st_mode, stat.st_uid) for stat in after]


def test_dbshell_starts_the_server(cluster: Cluster) -> None:
    code = f"""{DJANGO}
management.call_command("dbshell", ["--", "-Atc", "SELECT current_database() || ' of ' || current_user"])
"""
    with start(cluster, code, "pool") as process:
        assert process.communicate(timeout=30)[0] == "news of liveblog\n"


@pytest.mark.django_db
def test_conninfo_reaches_the_database_of_django() -> None:
    with psycopg.connect(**conninfo()) as direct, connection.cursor() as cursor:
        ours = direct.execute("SELECT current_database()").fetchone()
        assert ours == cursor.execute("SELECT current_database()").fetchone()


def test_conninfo_of_a_database_url(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import os, sys
os.environ |= {"DATABASE_URL": "postgresql://me:secret@db.example:5433/news?sslmode=require"}
import django
django.setup()
from liveblog.postgres import conninfo
print({name: conninfo()[name] for name in ("host", "port", "user", "password", "dbname", "sslmode")})
"""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        {"host": "db.example", "port": "5433", "user": "me", "password": "secret", "dbname": "news"}
        | {"sslmode": "require"}
    )

"""Times the contenders in turn (A B C A B C …), so that a slow minute of the machine falls on all of them.

Called by `run`, which boots the hosts. Prints Markdown. Only the standard library.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    pass


def spawn(words, env):
    """posix_spawn, so that starting a program costs the same small time for each contender."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    return os.posix_spawnp(words[0], words, env, file_actions=null)


def timed(words, env, codes=(0,)):
    begun = time.perf_counter()
    _, status = os.waitpid(spawn(words, env), 0)
    took = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) not in codes:
        shown = subprocess.run(words, env=env, capture_output=True, text=True)
        raise Failed(f"{words} ended with {status >> 8}; again: {shown.returncode}\n{shown.stdout}\n{shown.stderr}")
    return took


def own_cost(words, env):
    """CPU seconds and peak memory of the program itself, without its children's (ssh)."""
    pid = spawn(words, env)
    peak = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            break
        peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
        time.sleep(0.002)
    # A process that has ended and was not yet waited for still tells what it used, its children apart.
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    os.waitpid(pid, 0)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak / 1024


def end_connections(folder):
    """Ends the ssh masters that were left to be found again; their titles name the folder of their sockets."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = entry.read_bytes()
        except OSError:
            continue
        if title.startswith(b"ssh") and str(folder).encode() in title:
            try:
                os.kill(int(entry.parent.name), signal.SIGTERM)
            except ProcessLookupError:
                pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


class Contender:
    def __init__(self, name, words, env, codes=(0,), before=lambda: None):
        self.name, self.words, self.env, self.codes, self.before = name, words, env, codes, before
        self.times = []


def race(title, contenders, rounds, rows):
    """Each once unmeasured, then in turn; the first is the measure of the others."""

    def prepared(contender):
        contender.before()
        # What the one before left (connections that end, a Puma that boots) is not this one's cost.
        time.sleep(0.5)
        return timed(contender.words, contender.env, contender.codes)

    for contender in contenders:
        prepared(contender)
    for number in range(rounds):
        # The order turns round each time: whoever comes second may find warmer caches.
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            contender.times.append(prepared(contender))
        print(f"{title}: round {number + 1} of {rounds}", file=sys.stderr)
    first = contenders[0].times
    for contender in contenders:
        # Ratios are of pairs within one round; their median is less moved by the machine's moods than a quotient.
        ratio = statistics.median(b / a for a, b in zip(first, contender.times))
        low, middle, high = min(contender.times), statistics.median(contender.times), max(contender.times)
        rows.append(f"| {title} | {contender.name} | {low:.3f} | {middle:.3f} | {high:.3f} | {ratio:.2f} |")


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = Path(options.work)
        self.inventory = str(self.work / "inventory.yml")
        listed = subprocess.run([options.lab, "list"], check=True, capture_output=True, text=True).stdout
        self.hosts = [line.split("\t")[0] for line in listed.splitlines()]
        self.addresses = dict(line.split("\t")[0:3:2] for line in listed.splitlines())
        self.sockets = self.work / "zdt"
        self.ansible_sockets = self.work / "cp"
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.work), "LC_ALL": "C.UTF-8"}
        self.plain = plain
        self.zdt_env = plain | {"XDG_RUNTIME_DIR": str(self.sockets), "NO_COLOR": "1"}
        self.ansible_env = plain | {
            "PATH": f"{options.venv}/bin:{plain['PATH']}",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": "32",
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=600",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.ansible_sockets),
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
        self.pyinfra_env = plain | {"PATH": f"{options.venv}/bin:{plain['PATH']}"}
        self.forget(self.sockets)()
        self.forget(self.ansible_sockets)()

    def forget(self, folder):
        return lambda: end_connections(folder)

    def on_hosts(self, script):
        running = [
            subprocess.Popen([self.options.lab, "exec", host, "sh", "-c", script], stdout=subprocess.DEVNULL)
            for host in self.hosts
        ]
        if any(process.wait() for process in running):
            raise Failed(f"on a host: {script}")

    def ssh(self):
        config = str(self.work / "ssh_config")
        return ["sh", "-c", f"printf '%s\\n' {' '.join(self.hosts)} | xargs -P 32 -I@ ssh -F {config} @ true"]

    def zdt(self, *words):
        return [self.options.zdt, words[0], self.inventory, *words[1:]]

    def ansible(self, *words):
        return [f"{self.options.venv}/bin/ansible-playbook", "-i", self.inventory, str(HERE / "playbook.yml"), "-e", f"files={self.work}", *words]

    def pyinfra(self, *words):
        return [f"{self.options.venv}/bin/pyinfra", "-y", "--parallel", "32", *words, str(self.work / "pyinfra_hosts.py"), str(HERE / "deploy.py")]

    def keep_naive(self):
        self.on_hosts("tar -C / -cf /root/naive.tar etc/nginx/conf.d srv/shop/shared/puma.rb srv/shop/shared/tmp/pids")

    def make_naive(self):
        self.on_hosts(
            "rm -rf /var/lib/zdt /etc/systemd/system/puma.service.d /srv/shop/shared/tmp/pids; tar -C / -xf /root/naive.tar; "
            "install -d -o shop -g shop -m 0755 /srv/shop/shared/tmp/sockets; "
            # Killed, for young workers may be slow to end (tests/lab/README.md) and nobody is served here.
            "systemctl daemon-reload && systemctl kill --signal KILL puma; systemctl restart puma && systemctl reload nginx; "
            "for i in $(seq 100); do curl -fso /dev/null http://127.0.0.1/ && sleep 4 && exit 0; sleep 0.1; done; exit 1"
        )

    def collect(self):
        """What zdt left there is what the others shall put there: the same three files."""
        for host in self.hosts:
            folder = self.work / "files" / host
            folder.mkdir(parents=True, exist_ok=True)
            for name, path in (
                ("upstream.conf", "/etc/nginx/conf.d/shop_upstream.conf"),
                ("reload.conf", "/etc/systemd/system/puma.service.d/*.conf"),
                ("puma.rb", "/srv/shop/shared/puma.rb"),
            ):
                words = [self.options.lab, "exec", host, "sh", "-c", f"cat {path}"]
                (folder / name).write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
        config = (self.work / "ssh_config").read_text().split()
        word = lambda name: config[config.index(name) + 1]
        hosts = [
            (
                address,
                {
                    "ssh_user": "root",
                    "ssh_key": word("IdentityFile"),
                    "ssh_known_hosts_file": word("UserKnownHostsFile"),
                    "ssh_strict_host_key_checking": "yes",
                    "files": str(self.work / "files" / host),
                },
            )
            for host, address in self.addresses.items()
        ]
        (self.work / "pyinfra_hosts.py").write_text(f"hosts = {hosts!r}\n")

    def run(self):
        rounds, rows, plain = self.options.rounds, [], self.plain
        others = bool(self.options.venv)
        self.keep_naive()
        timed(self.zdt("apply", "--yes"), self.zdt_env)
        timed(self.zdt("plan"), self.zdt_env)
        self.collect()
        cold, kept = self.forget(self.sockets), self.forget(self.ansible_sockets)

        contenders = [
            Contender("`ssh HOST true`, 32 at a time", self.ssh(), plain),
            Contender("zdt plan", self.zdt("plan"), self.zdt_env, before=cold),
        ]
        if others:
            contenders += [
                Contender("ansible --check", self.ansible("--check"), self.ansible_env, before=kept),
                Contender("pyinfra --dry", self.pyinfra("--dry"), self.pyinfra_env),
            ]
        race("nothing to do, new connections", contenders, rounds, rows)

        contenders = [
            Contender("`ssh HOST true`, 32 at a time", self.ssh(), plain),
            Contender("zdt plan", self.zdt("plan"), self.zdt_env),
        ]
        if others:
            contenders.append(Contender("ansible --check", self.ansible("--check"), self.ansible_env))
        race("nothing to do, connections kept", contenders, rounds, rows)

        contenders = [Contender("zdt apply", self.zdt("apply", "--yes"), self.zdt_env, before=self.make_naive)]
        if others:
            contenders += [
                Contender("ansible", self.ansible(), self.ansible_env, before=self.make_naive),
                Contender("pyinfra", self.pyinfra(), self.pyinfra_env, before=self.make_naive),
            ]
        race("apply to naive hosts, connections kept", contenders, min(rounds, 3 if len(self.hosts) < 10 else 2), rows)

        print(f"### {len(self.hosts)} hosts\n")
        print("Seconds; the ratio is to the first of each group, the median over pairs of one round.")
        print("zdt's apply ends when the new workers serve; the others send the signal and end.\n")
        print("| what | who | min | median | max | ratio |\n|---|---|---|---|---|---|")
        print("\n".join(rows))
        self.own()

    def own(self):
        costs = []
        self.make_naive()
        timed(self.zdt("apply", "--yes"), self.zdt_env)
        for _ in range(5):
            costs.append(own_cost(self.zdt("plan"), self.zdt_env))
        processor, memory = statistics.median(c for c, _ in costs), max(m for _, m in costs)
        print(f"\nzdt itself, without ssh, planning {len(self.hosts)} hosts: {processor:.2f} s of processor time, {memory:.1f} MB at its peak.")
        version, true = [], []
        for _ in range(100):
            version.append(timed([self.options.zdt, "--version"], self.zdt_env))
            true.append(timed(["true"], self.zdt_env))
        version, true = statistics.median(version) * 1000, statistics.median(true) * 1000
        print(f"`zdt --version` takes {version:.2f} ms, `true` {true:.2f} ms.\n")

    def end(self):
        end_connections(self.sockets)
        end_connections(self.ansible_sockets)


def main():
    parser = argparse.ArgumentParser()
    for name in ("zdt", "work", "lab", "venv"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    bench = Bench(parser.parse_args())
    try:
        bench.run()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    finally:
        bench.end()


main()

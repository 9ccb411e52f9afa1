#!/usr/bin/env python3
"""What Ansible makes of the inventories in tests/inventory_differential: writes each case's expected.json.

    tests/differential/inventory.py            writes them
    tests/differential/inventory.py --check    compares, writes nothing; exit 1 where they differ

Needs ansible-core 2.19, `ansible-inventory` and `ansible` on PATH or in the folder of $ANSIBLE_INVENTORY.
A case is a folder: `inventory.yml` or `inventory/`, what belongs to it, and perhaps `extra` (a value of `-e` on each
line) and `limits` (a host pattern on each line).
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent.parent / "inventory_differential"
# Ansible adds these by itself; zdt has the magic ones too, and tests them elsewhere.
SCRATCH = pathlib.Path(tempfile.mkdtemp())
(SCRATCH / "empty.cfg").touch()
OWN = {"ansible_version", "inventory_dir", "inventory_file", "playbook_dir"}


def tool(name):
    given = os.environ.get("ANSIBLE_INVENTORY")
    path = str(pathlib.Path(given).parent / name) if given else shutil.which(name)
    if not path or not os.path.exists(path):
        sys.exit(f"{name} is not on PATH; set ANSIBLE_INVENTORY to the path of ansible-inventory")
    return path


def run(case, *words):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(SCRATCH), "LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": str(SCRATCH / "empty.cfg"),
        "ANSIBLE_INVENTORY_ENABLED": "yaml", "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_LOCAL_TEMP": str(SCRATCH),
    }
    done = subprocess.run(words, cwd=case, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{case.name}: {' '.join(words)}\n{done.stderr}")
    return done.stdout


def plain(value):
    """`!unsafe` values come wrapped."""
    if isinstance(value, dict):
        if set(value) == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def lines(case, name):
    path = case / name
    return [line for line in path.read_text().splitlines() if line] if path.exists() else []


def expected(case):
    inventory = "inventory.yml" if (case / "inventory.yml").exists() else "inventory"
    extra = [word for line in lines(case, "extra") for word in ("-e", line)]
    listed = json.loads(run(case, tool("ansible-inventory"), "-i", inventory, "--list", *extra))
    variables = listed.pop("_meta")["hostvars"]

    def members(group):
        inside = set(listed.get(group, {}).get("hosts", []))
        for child in listed.get(group, {}).get("children", []):
            inside |= members(child)
        return inside

    groups = {group: sorted(members(group)) for group in listed if members(group)}
    limits = {}
    for pattern in lines(case, "limits"):
        printed = run(case, tool("ansible"), "all", "-i", inventory, "--list-hosts", "--limit", pattern)
        limits[pattern] = sorted(line.strip() for line in printed.splitlines()[1:])
    hosts = {
        host: {key: plain(value) for key, value in variables.get(host, {}).items() if key not in OWN}
        for host in sorted(members("all"))
    }
    return {"hosts": hosts, "groups": groups, "limits": limits}


def main():
    check = sys.argv[1:] == ["--check"]
    different = []
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        text = json.dumps(expected(case), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        path = case / "expected.json"
        if not check:
            path.write_text(text)
        elif path.read_text() != text:
            different.append(case.name)
    if different:
        sys.exit("Ansible says otherwise today: " + ", ".join(different))


try:
    main()
finally:
    shutil.rmtree(SCRATCH)

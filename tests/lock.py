"""Write requirements.lock: exact versions with hashes from the public index.

It has sections that build on one another, and the Makefile cuts at their marker lines: running the product
needs only the first.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

TOP = Path(__file__).parent.parent
OPTIONS = ["--quiet", "--no-header", "--no-annotate", "--no-emit-options", "--strip-extras", "--allow-unsafe"]
HEAD = "# Exact versions with hashes, by `make lock`. The product itself needs only the first section.\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        compiler = _compiler(Path(folder))
        seen: set[str] = set()
        text = HEAD
        blocks: dict[str, str] = {}
        wanted: list[str] = []
        for name, requirements in _sections():
            wanted += requirements
            blocks = _compile(compiler, Path(folder), wanted, blocks)
            text += f"\n# --- {name} ---\n" + "".join(blocks[key] for key in blocks if key not in seen)
            seen |= set(blocks)
            print(f"{name}: {len(seen)} packages so far")
    (TOP / "requirements.lock").write_text(text)


def _sections() -> list[tuple[str, list[str]]]:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"] + project["build-system"]["requires"]
    groups = project["dependency-groups"]
    return [
        ("runtime", runtime),
        ("postgres", project["project"]["optional-dependencies"]["postgres"]),
        ("development", groups["dev"]),
        ("node", groups["node"]),
    ]


def _compiler(folder: Path) -> Path:
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    subprocess.run([binaries / "pip", "install", "--quiet", "pip-tools"], check=True)
    return binaries / "pip-compile"


def _compile(compiler: Path, folder: Path, wanted: list[str], fixed: dict[str, str]) -> dict[str, str]:
    """Name -> its lines in the lock, for all that is wanted; what is fixed keeps its version."""
    source, constraints, output = folder / "in.txt", folder / "fixed.txt", folder / "out.txt"
    source.write_text("\n".join(wanted))
    constraints.write_text("".join(block.split(" \\")[0] + "\n" for block in fixed.values()))
    output.unlink(missing_ok=True)
    arguments = [*OPTIONS, "--generate-hashes", "-c", str(constraints), "-o", str(output), str(source)]
    subprocess.run([str(compiler), *arguments], check=True, env=_environment(), cwd=folder)
    return _blocks(output.read_text())


def _environment() -> dict[str, str]:
    """This machine's own package folders must not decide what the lock says."""
    local = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL")
    kept = {name: value for name, value in os.environ.items() if name not in local}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


def _blocks(text: str) -> dict[str, str]:
    blocks: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        if line[0] not in " #\n":
            name = line.split("==")[0]
            blocks[name] = ""
        if name and line.strip() and not line.lstrip().startswith("#"):
            blocks[name] += line
    return blocks


if __name__ == "__main__":
    main()

"""The house keeps its shape: stages import only what comes before them, files stay short, nothing private leaks in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "siting"
SOURCES = sorted(p for p in PACKAGE.rglob("*.py"))

STAGES = (
    "errors",
    "units",
    "inputs",
    "instance",
    "model",
    "solver",
    "problems",
    "plan",
    "study",
    "output",
    "api",
    "cli",
)
SHARED = {"errors", "units"}
ALLOWED_LATE = {("plan", "output"), ("study", "output")}  # inside a method, never on import
MOST_LINES = 400

# in pieces, so that this file does not find itself
PRIVATE_PATHS = [re.compile(rf"(?<![\w.<-])/{name}/[\w.]") for name in ("tmp", "work", "root", "home")]
REGISTRY_HOSTS = [
    f"{left}.{right}"
    for left, right in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("registry.yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("conda.anaconda", "org"),
        ("proxy.golang", "org"),
        ("deb.debian", "org"),
        ("archive.ubuntu", "com"),
    )
]
TEXT = {
    ".py",
    ".csv",
    ".json",
    ".geojson",
    ".yaml",
    ".yml",
    ".md",
    ".toml",
    ".txt",
    ".html",
    ".css",
    ".js",
    ".cfg",
    "",
}


def stage(module: str) -> str:
    """The stage a module of the package belongs to; the package itself and what starts it are the last."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "api"
    return "cli" if name.startswith(("cli", "__main__")) else "api" if name.startswith("api") else name


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def under_type_checking(tree: ast.Module) -> set[ast.AST]:
    typed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            typed |= {inner for line in node.body for inner in ast.walk(line)}
    return typed


def imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(module, inside a function, line) of every import that is carried out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    typed = under_type_checking(tree)
    for node in ast.walk(tree):
        if node in typed:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node in late, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports from the package's root"
            yield str(node.module), node in late, node.lineno
            if node.module == "siting":
                yield from ((f"siting.{alias.name}", node in late, node.lineno) for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_point_to_earlier_stages(path: Path) -> None:
    here = stage(module_of(path))
    assert here in STAGES, f"{path.name}: stage '{here}' is new; add it to STAGES in its place"
    wrong = []
    for module, late, line in imports(path):
        if module.split(".")[0] != "siting" or module == "siting":
            continue
        there = stage(module)
        earlier = STAGES.index(there) <= STAGES.index(here)
        if not earlier and not (late and (here, there) in ALLOWED_LATE) and here not in {"api", "cli"}:
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {here} imports {module}")
    assert not wrong, "\n".join(wrong)


# shared ground of the mechanisms, each knowing only what stands before it: what they contribute to, the quantities and
# limits those make in a cell, and the same over the cells of a class
GROUND = ("terms", "policy", "horizon")


def test_mechanisms_of_the_model_do_not_import_each_other() -> None:
    """build.py is the table of contents and knows all; a mechanism knows the shared ground, which knows no mechanism."""
    wrong = []
    for path in (PACKAGE / "model").glob("*.py"):
        here = path.stem
        allowed = GROUND[: GROUND.index(here)] if here in GROUND else GROUND
        wrong += [
            f"{path.name}:{line}: imports {module}"
            for module, _, line in imports(path)
            if module.startswith("siting.model.") and here != "build" and module.split(".")[2] not in allowed
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("library", "stages"),
    [
        ("highspy", {"solver"}),
        ("pyomo", {"model", "solver"}),
        ("tsam", {"instance"}),
        ("pydantic", {"inputs"}),
        ("typer", {"cli"}),
        ("linopy", set()),
        ("pvlib", {"inputs"}),
    ],
)
def test_a_library_stays_in_its_stage(library: str, stages: set[str]) -> None:
    users = {
        stage(module_of(p)) for p in SOURCES for module, _, _ in imports(p) if module.split(".")[0] == library
    }
    assert users <= stages


@pytest.mark.parametrize("stem", ["audit", "plan"])
def test_the_plan_and_its_audit_know_no_pyomo(stem: str) -> None:
    names = {module.split(".")[0] for module, _, _ in imports(PACKAGE / "plan" / f"{stem}.py")}
    assert not names & {"pyomo", "highspy"}


def test_what_was_decided_knows_no_equation() -> None:
    """A plan is read without the model: what both need to know of a contract stands in the instance."""
    users = [
        p.name
        for p in (PACKAGE / "plan").glob("*.py")
        for module, _, _ in imports(p)
        if stage(module) == "model"
    ]
    assert users == []


def test_importing_the_package_is_quick() -> None:
    """`import siting` loads neither pandas nor Pyomo: its parts come when they are used."""
    top = {module.split(".")[0] for module, late, _ in imports(PACKAGE / "__init__.py") if not late}
    assert top <= {"__future__", "typing", "importlib"}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{path.relative_to(ROOT)} has {lines} lines; split it by what it does"


def undocumented(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.stat().st_size and not ast.get_docstring(tree):
        yield f"{path.relative_to(ROOT)}: the module"
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If):
                todo.append((prefix, child))
            if not isinstance(
                child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ) or child.name.startswith("_"):
                continue
            overloaded = any(isinstance(d, ast.Name) and d.id == "overload" for d in child.decorator_list)
            if not ast.get_docstring(child) and not overloaded:
                yield f"{path.relative_to(ROOT)}:{child.lineno}: {prefix}{child.name}"
            if isinstance(child, ast.ClassDef):
                todo.append((f"{child.name}.", child))


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_everything_public_has_a_docstring(path: Path) -> None:
    missing = list(undocumented(path))
    assert not missing, "\n".join(missing)


def committed_files() -> list[Path]:
    """Text files of the repository, found without git: an sdist has none."""
    skipped = {
        ".git",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".venv",
        "dist",
        "build",
    }
    return sorted(
        p
        for p in ROOT.rglob("*")
        if p.is_file()
        and p.suffix in TEXT
        and not skipped & set(p.relative_to(ROOT).parts)
        and not p.relative_to(ROOT).parts[0].startswith("out")
    )


def leaks(text: str) -> list[str]:
    found = [match.group(0) for pattern in PRIVATE_PATHS for match in pattern.finditer(text)]
    return found + [host for host in REGISTRY_HOSTS if host in text]


def test_no_machine_paths_and_no_package_registries_in_the_repository() -> None:
    found = []
    for path in committed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {leak}" for leak in leaks(text)]
    assert not found, "\n".join(found)


def test_the_search_for_leaks_finds_them() -> None:
    assert (
        leaks("see /" + "tmp/x.csv")
        and leaks("at /" + "home/me")
        and leaks("https://" + "pypi" + ".org/simple")
    )
    assert not leaks("out/plan.json, https://example.org/work/ and data/root/x")


def test_what_is_kept_on_disk_is_known_by_all_code_its_mechanisms_read() -> None:
    """Whatever a mechanism imports of the instance shapes its rows, and with them what was priced before."""
    from siting.solver.cache import CODE

    mechanisms = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "model").glob("*.py"))
    read = set(re.findall(r"from siting\.instance\.(\w+) import", mechanisms))
    # rules on sites stand in the masters, in no class LP
    assert {f"instance/{name}.py" for name in read - {"coverage"}} <= set(CODE)
    assert all((PACKAGE / name).is_file() for name in CODE)

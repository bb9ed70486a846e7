"""How the code is laid out: what import-linter (pyproject.toml) cannot say. The reasons are in docs/decisions.md."""

import ast
import fnmatch
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("wallet", "protocols", "agent")

FILE_LINES = 400
PROTOCOL_LINES = 150
PROTOCOL_FAMILY_LINES = 250
FUNCTION_LINES = 35

# Where each third-party package may be imported. A new line here is a decision: it says who else knows that package.
THIRD_PARTY = {
    "aiohttp": (
        "agent/transports/*",
        "agent/needs.py",
        "agent/reach.py",
        "agent/web/*",
        "agent/rest/*",
        "agent/cli/*",
        "agent/bridges/webhooks.py",
        "agent/bridges/tryton_rpc.py",
    ),
    "asyncpg": ("wallet/store/server_session.py",),
    "base58": ("wallet/encoding.py",),
    "cryptography": ("wallet/keys.py", "wallet/vault.py", "wallet/slots.py", "wallet/ciphers.py"),
    "greenlet": ("wallet/store/waiting.py", "wallet/store/server_writing.py"),
    "jinja2": ("agent/web/pages/render.py",),
    "markupsafe": ("agent/web/pages/*",),
    "mnemonic": ("wallet/words.py",),
    "msgspec": ("wallet/*", "protocols/*", "agent/*"),
    "multiformats": ("wallet/encoding.py",),
    "nacl": ("wallet/keys.py", "wallet/vault.py", "wallet/ciphers.py"),
    "opentelemetry": ("agent/telemetry.py",),
    "prometheus_client": ("agent/web/metrics.py", "agent/web/together.py"),
    "pyrage": ("wallet/age.py",),
    "reportlab": ("agent/letter_pdf.py",),
    "segno": ("agent/web/*", "agent/cli/*"),
    "sqlite3": ("wallet/store/*", "agent/bridges/crm_*.py", "agent/bridges/minicrm.py", "agent/cli/crm.py"),
    "sqlite_utils": ("wallet/store/*",),
    "uvloop": ("agent/cli/loops.py",),
    "zxingcpp": ("agent/web/pages/codes.py",),
}
IMPORTED_LATE = {
    "aiohttp",
    "jinja2",
    "mnemonic",
    "multiformats",
    "opentelemetry",
    "prometheus_client",
    "pyrage",
    "reportlab",
    "segno",
    "sqlite_utils",
    "uvloop",
    "zxingcpp",
}

# Words that say nothing about what a thing is. `Service` alone is a term of DID documents, so only suffixes count.
EMPTY_SUFFIX = re.compile(r".(Manager|Helper|Helpers|Util|Utils|Handler|Service|Data|Info|Impl|Base|Factory|Wrapper)$")
EMPTY_MODULES = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "manager",
    "handler",
    "handlers",
    "data",
    "info",
}


def files() -> list[Path]:
    """Every Python file of the program."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name(path: Path) -> str:
    """A path as this repository writes it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of one file."""
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The absolute module names a file imports, at the top or later, and whether at the top."""
    top = set(tree(path).body)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{name(path)}:{node.lineno} imports by a relative path"
            yield from ((f"{node.module}.{alias.name}", node in top) for alias in node.names)


def module(path: Path) -> str:
    """The name by which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_protocol(path: Path) -> bool:
    """Whether the file declares conversations."""
    return path.parent.name in ("standard", "vrm") and path.parents[1].name == "protocols"


def tables(path: Path) -> int:
    """How many conversations a file declares."""
    calls = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return sum(isinstance(call, ast.Name) and call.id == "Protocol" for call in calls)


@pytest.mark.parametrize("path", files(), ids=name)
def test_a_file_is_one_idea(path: Path) -> None:
    limit = FILE_LINES
    if is_protocol(path):
        limit = PROTOCOL_LINES if tables(path) <= 1 else PROTOCOL_FAMILY_LINES

    assert len(path.read_text().splitlines()) <= limit


def test_a_function_is_one_thought() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}, {lines} lines"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := node.end_lineno - body_start(node) + 1 if node.end_lineno else 0) > FUNCTION_LINES
    ]

    assert not long


def body_start(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The line where a function starts to do something, after its signature and docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or first.lineno) + 1 if is_docstring else first.lineno


def test_no_module_needs_itself_however_late_it_imports() -> None:
    known = {module(path) for path in files()}
    needs = {module(path): set(internal(path, known)) - {module(path)} for path in files()}

    try:
        TopologicalSorter(needs).prepare()
    except CycleError as found:
        pytest.fail(f"import cycle: {' <- '.join(found.args[1])}")


def internal(path: Path, known: set[str]) -> Iterator[str]:
    """The modules of this repository that a file imports."""
    for target, _ in imports(path):
        parts = target.split(".")
        yield from (found for found in (target, ".".join(parts[:-1])) if found in known)


def test_each_third_party_package_is_imported_only_where_the_table_says() -> None:
    found = [
        f"{name(path)} imports {package}"
        for path in files()
        for package in {target.split(".")[0] for target, _ in imports(path)}
        if package not in PACKAGES and package not in sys.stdlib_module_names - {"sqlite3"}
        if not any(fnmatch.fnmatch(name(path), pattern) for pattern in THIRD_PARTY.get(package, ()))
    ]

    assert not found


def test_slow_packages_are_imported_where_they_are_used() -> None:
    found = [
        f"{name(path)} imports {target} at the top"
        for path in files()
        for target, top in imports(path)
        if top and target.split(".")[0] in IMPORTED_LATE
        if not name(path).startswith(("agent/transports/", "agent/web/", "agent/rest/", "wallet/store/"))
    ]

    assert not found


def test_the_pure_parts_read_no_clock() -> None:
    pure = [path for path in files() if name(path).startswith(("wallet/", "protocols/", "agent/didcomm/"))]
    found = [
        f"{name(path)}:{node.lineno}"
        for path in pure
        if not name(path).startswith("wallet/store/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    ]

    assert not found


def test_the_program_swallows_any_failure_in_two_places_at_most() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and catches_everything(node) and not passes_on(node)
    ]

    assert len(found) <= 2, found


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether an except clause catches what nobody thought of."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught reaches whoever asked: it is raised again, or kept as the outcome of their call."""
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    kept = (ast.walk(node.value) for node in inside if isinstance(node, ast.Assign))
    raised = any(isinstance(node, ast.Raise) and node.exc is None for node in handler.body)
    return raised or any(isinstance(part, ast.Name) and part.id == handler.name for each in kept for part in each)


def test_names_say_what_a_thing_is() -> None:
    classes = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and EMPTY_SUFFIX.search(node.name)
    ]
    modules = [name(path) for path in files() if path.stem in EMPTY_MODULES]

    assert classes + modules == []


def test_everything_public_explains_itself() -> None:
    silent = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in files()
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not explains(node)
        if not is_protocol(path)  # its messages are the wire format, its rows are tested by their own docstrings
    ]
    silent += [name(path) for path in files() if path.read_text().strip() and not ast.get_docstring(tree(path))]

    assert not silent


def explains(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether a thing says what it is; a problem does in the comment its peer is told."""
    fields = {ast.unparse(part.targets[0]) for part in node.body if isinstance(part, ast.Assign)}
    return ast.get_docstring(node) is not None or {"code", "comment"} <= fields


def test_exceptions_live_in_three_files() -> None:
    homes = {
        name(path)
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Exception"))
    }

    assert homes <= {"wallet/errors.py", "agent/errors.py", "protocols/problems.py", "protocols/machine.py"}


def test_no_form_is_ever_read() -> None:
    """HT-07: what a form may hold, and how much of it, is aiohttp's to decide; so none is asked for."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if (node.func.attr == "post" and not node.args and not node.keywords) or node.func.attr == "multipart"
    ]

    assert not found

"""Rules on the source code, which tests of behaviour cannot check everywhere."""

import ast
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).parent.parent
APPS = ["accounts", "addressbook", "assessments", "committee", "digibeoordelen", "exams", "exchange"]
SOURCES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
}
PRODUCT = [*APPS, "bench", "scripts"]
MOST_MODULES = 15  # modules per folder; more than that needs a package
LIFECYCLE = "assessments/lifecycle.py"
# Tenant data: a view reaches it through a loaded object or a queryset for the user.
TENANTS = {
    "Assessment",
    "Assignment",
    "Contact",
    "Coupling",
    "Document",
    "Event",
    "Import",
    "Invitation",
    "InvitationAttachment",
    "Score",
}
BY_WHO_ASKS = {"visible_to", "for_docent", "for_committee", "of_student"}


# --- Folders and names ---------------------------------------------------------------------------
def modules():
    """Return the modules of the product, without `__init__` and migrations."""
    paths = (path for name in PRODUCT for path in (ROOT / name).rglob("*.py"))
    return [path for path in paths if path.name != "__init__.py" and "migrations" not in path.parts]


def test_a_folder_holds_few_modules():
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules())
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def verb_aliases(tree):
    """Return imports renamed to gerunds, such as `filling`: a verb names a function, and a module has one name."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return [name.asname for node in imports for name in node.names if (name.asname or "").endswith("ing")]


def test_no_import_is_renamed_to_a_verb():
    named = {str(path.relative_to(ROOT)): verb_aliases(ast.parse(path.read_text())) for path in modules()}
    assert {name: aliases for name, aliases in named.items() if aliases} == {}


@pytest.mark.parametrize("source", ["import form as filling", "from .forms import form as filling"])
def test_the_check_sees_a_renamed_import(source):
    assert verb_aliases(ast.parse(source)) == ["filling"]


# --- Only the lifecycle writes an assessment's status --------------------------------------------
def writes_status(node):
    """Return whether this node sets `status`: x.status = …, setattr, or a keyword of a write method."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        assigned = [name for target in targets for name in ast.walk(target)]
        return any(isinstance(name, ast.Attribute) and name.attr == "status" for name in assigned)
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    words = [arg.value for arg in ast.walk(node) if isinstance(arg, ast.Constant)]
    if called in ("setattr", "bulk_update", "bulk_create", "__setattr__"):
        return "status" in words
    if called in ("update", "create", "acreate", "aupdate", "get_or_create", "update_or_create", "Assessment"):
        return any(keyword.arg == "status" for keyword in node.keywords) or "status" in words
    return False


def test_only_the_lifecycle_writes_status():
    writers = {name for name, tree in SOURCES.items() if any(map(writes_status, ast.walk(tree)))}
    assert writers == {LIFECYCLE}


@pytest.mark.parametrize(
    "source",
    [
        "assessment.status = 'FINAL'",
        "a, assessment.status = 1, 'FINAL'",
        "assessment.status: str = 'FINAL'",
        "setattr(assessment, 'status', 'FINAL')",
        "Assessment.objects.filter(pk=1).update(status='FINAL')",
        "Assessment.objects.update(**{'status': 'FINAL'})",
        "Assessment.objects.create(status='FINAL')",
        "Assessment(status='FINAL').save()",
        "Assessment.objects.bulk_update(rows, ['status'])",
    ],
)
def test_check_detects_each_spelling(source):
    assert any(map(writes_status, ast.walk(ast.parse(source))))


@pytest.mark.parametrize(
    "source",
    ["Assessment.objects.filter(status='FINAL')", "x = assessment.status", "render(request, page, status=409)"],
)
def test_the_check_leaves_reading_alone(source):
    assert not any(map(writes_status, ast.walk(ast.parse(source))))


# --- Views load tenant data for their user -------------------------------------------------------
def views_of(tree):
    """Yield functions that take a request, and the loaders they call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            parameters = {arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]}
            if "request" in parameters or (node.name.startswith("get_") and "user" in parameters):
                yield node


def goes_around(statement):
    """Return whether tenant data is looked up by id alone, without the user.

    `Assessment.objects.get(pk=…)` and `get_object_or_404(Assessment, pk=…)` do;
    `Assessment.objects.for_docent(user).get(pk=…)` does not.
    """
    nodes = list(ast.walk(statement))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    methods = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    keywords = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    by_id = any(word and (word in ("pk", "id", "public_id") or word.endswith("_id")) for word in keywords)
    asks = "objects" in methods or names & {"get_object_or_404", "get_list_or_404"}
    return bool(names & TENANTS and asks and by_id and not methods & BY_WHO_ASKS)


def looked_up_by_id_alone(tree):
    """Yield the names of the views in `tree` with such a lookup."""
    for view in views_of(tree):
        simple = [node for node in ast.walk(view) if isinstance(node, ast.stmt) and not hasattr(node, "body")]
        if any(map(goes_around, simple)):
            yield view.name


def test_no_view_loads_tenant_data_by_id_alone():
    lookups = {f"{name}: {view}" for name, tree in SOURCES.items() for view in looked_up_by_id_alone(tree)}
    # The examiner's cookie is signed over these ids: the signature identifies the examiner.
    assert lookups == {"assessments/links.py: open_cookie"}


@pytest.mark.parametrize(
    "line",
    [
        "found = Assessment.objects.get(pk=pk)",
        "return Contact.objects.filter(pk=pk).first()",
        "return get_object_or_404(Invitation, public_id=pk)",
        "return get_object_or_404(Document.objects.all(), assessment_id=pk)",
    ],
)
def test_check_detects_unscoped_lookups(line):
    assert list(looked_up_by_id_alone(ast.parse(f"def page(request, pk):\n    if pk:\n        {line}"))) == ["page"]


def test_check_accepts_scoped_lookups():
    line = "return get_object_or_404(Assessment.objects.for_docent(request.user), pk=pk)"
    assert not list(looked_up_by_id_alone(ast.parse(f"def page(request, pk):\n    {line}")))


# --- The rubric and the results do not depend on requests ----------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "lifecycle",
        "coupling/couplings",
        "start/start",
        "invitations/invite",
        "examiner/saving",
        "rubric",
        "results",
        "documents/documents",
        "invitations/send_back",
        "mails",
        "invitations/reminders",
    ],
)
def test_rules_know_no_request(name):
    tree = SOURCES[f"assessments/{name}.py"]
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert "request" not in names


# --- The worker knows every task -------------------------------------------------------------------
def test_the_worker_imports_every_module_with_a_task():
    """A worker, unlike the tests, imports only `CELERY_IMPORTS` and the apps' `models` and `tasks`."""
    modules = {
        name.removesuffix(".py").replace("/", ".")
        for name, tree in SOURCES.items()
        if any(
            isinstance(node, ast.FunctionDef) and "shared_task" in map(decorator_name, node.decorator_list)
            for node in tree.body
        )
    }
    assert {name for name in modules if not name.endswith((".tasks", ".models"))} == set(settings.CELERY_IMPORTS)


def decorator_name(node):
    called = node.func if isinstance(node, ast.Call) else node
    return getattr(called, "id", "")

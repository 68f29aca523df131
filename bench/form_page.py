"""How soon the examiner's form of 34 criteria can be used on a slow phone, and its weight over the wire.

`python -m bench.form_page` starts a site of its own on a temporary SQLite database, and opens the form as a first visit
at 375 px with a processor that is four times slower. It weighs what WhiteNoise and Caddy send: static files as brotli,
HTML as gzip. It prints the median of `RUNS` and returns 1 when a goal is missed.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import brotli

from scripts.environment import BASE
from scripts.processes import dies_with_us, free_port

RUNS = 5
SLOWDOWN = 4
SECONDS, KILOBYTES = 1.5, 60
CRITERIA = 34
EXAM, UNIT = "verzorgende-ig-25656.yaml", "PVB-1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


def main() -> int:
    if "FORM_PAGE_SITE" in os.environ:
        return _measure(os.environ["SITE_URL"])
    with tempfile.TemporaryDirectory(prefix="digibeoordelen-form-") as folder:
        port = free_port()
        env = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/form.sqlite3",
            "DEMO": "on",
            "DJANGO_SETTINGS_MODULE": "digibeoordelen.settings",
            "FORM_PAGE_SITE": "on",
            "LOG_LEVEL": "ERROR",
            "SECRET_KEY": "a key for measuring alone, long enough for every check that looks at it",
            "SITE_URL": f"http://127.0.0.1:{port}",
            "STATIC_ROOT": f"{folder}/static",
            "VAR_DIR": folder,
        }
        return subprocess.run([sys.executable, "-m", "bench.form_page"], cwd=BASE, env=env, check=False).returncode


def _measure(site: str) -> int:
    url = _form()
    port = site.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "gunicorn", "digibeoordelen.wsgi", f"--bind=127.0.0.1:{port}", "--threads=8"]
    server = subprocess.Popen([*command, "--log-level=error"], cwd=BASE, preexec_fn=dies_with_us())
    try:
        _wait_for(site)
        visits = [_visit(site + url) for _ in range(RUNS)]
    finally:
        server.terminate()
        server.wait()
    seconds, busy = (statistics.median(visit[number] for visit in visits) for number in (0, 2))
    kilobytes = visits[0][1]
    print(f"form usable after {seconds:.2f} s with a processor {SLOWDOWN} times slower, goal <= {SECONDS}")
    print(f"    of which {busy:.2f} s of the page's own thread, whatever else this machine does")
    print(f"form weighs {kilobytes:.1f} kB at a first visit, goal <= {KILOBYTES}")
    return int(seconds > SECONDS or kilobytes > KILOBYTES)


def _form() -> str:
    """Fill the empty database with an invitation for the largest unit; return the path of its link."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import reverse

    from accounts.models import Role
    from assessments import links
    from exams.models import ExamUnit
    from tests import steps
    from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, member

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_exam", BASE / "exams" / "data" / EXAM, "--publish", verbosity=0)
    unit, school = ExamUnit.objects.get(code=UNIT), SchoolFactory()
    examiner = ContactFactory(school=school)
    docent = member(school, Role.DOCENT, unit.exam_version.exam)
    assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    return reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])


def _wait_for(site: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{site}/inloggen/", timeout=5)  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The site did not start.")


def _visit(url: str) -> tuple[float, float, float]:
    """Return the seconds until the form can be used, the kilobytes of a first visit, and the thread's own seconds.

    Usable is: laid out in its own typeface, and every script has run, which is before `DOMContentLoaded` ends.
    """
    from playwright.sync_api import Response, sync_playwright

    weights: list[int] = []

    def weigh(response: Response) -> None:
        if response.status != 200:
            return
        body = response.body()
        if "text/html" in response.headers["content-type"]:
            body = gzip.compress(body)
        elif not response.url.endswith((".woff2", ".png")):
            body = brotli.compress(body)
        weights.append(len(body))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 375, "height": 667}).new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.on("response", weigh)
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert page.get_by_role("radiogroup").count() == CRITERIA, page.title()
        milliseconds = page.evaluate("""async () => {
            await document.fonts.ready;
            const fonts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".woff2"));
            const [visit] = performance.getEntriesByType("navigation");
            const paint = performance.getEntriesByName("first-contentful-paint")[0];
            return Math.max(visit.domContentLoadedEventEnd, paint.startTime, ...fonts.map((font) => font.responseEnd));
        }""")
        metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        browser.close()
    return milliseconds / 1000, sum(weights) / 1000, metrics["TaskDuration"]


if __name__ == "__main__":
    sys.exit(main())

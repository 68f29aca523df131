# One image for web, worker, beat and the migrate step; docker-compose.yml says what each runs.
FROM python:3.11-slim-bookworm AS packages
# Debian's wrappers around PostgreSQL's programs would bring Perl.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils postgresql-client \
    && cp /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore /usr/local/bin/
COPY requirements/app.txt /tmp/app.txt
# What no process reads goes: pip, symbols for debuggers (not of what brings libraries, which auditwheel changed), sources,
# other languages, and AWS but for its storage and how one logs in there.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/app.txt \
    && /venv/bin/pip uninstall --yes pip setuptools \
    && cd /venv/lib/python3.11/site-packages \
    && find . -name '*.so' ! -path '*.libs/*' ! -path './PIL/*' ! -path './psycopg_binary/*' \
        -exec strip --strip-unneeded {} + \
    && find . '(' -name '*.c' -o -name '*.po' ')' -delete \
    && find . -path '*/locale/*/*' ! -path '*/locale/nl*' ! -path '*/locale/en*' -type f -delete \
    && find pyphen/dictionaries -name '*.dic' ! -name 'hyph_nl*' ! -name 'hyph_en*' -delete \
    && find botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} +

FROM python:3.11-slim-bookworm
# The same packages as scripts/machine.py names for making PDFs, but for the Chinese, Japanese and Korean with serifs, which
# nothing asks for; what PostgreSQL's programs for backups need. The cache of fonts holds only with folders' times in whole
# seconds, as layers keep them.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
        fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji libpq5 \
    && rm -rf /var/lib/apt/lists/* /usr/share/fonts/opentype/noto/NotoSerifCJK-* \
    && find /usr/share/fonts /usr/local/share/fonts -type d -exec touch --date=2000-01-01 {} + \
    && fc-cache --system-only \
    && useradd --system --uid 10001 --create-home site \
    && install --directory --owner=site --group=site /var/lib/digibeoordelen /backup
COPY --from=packages /usr/local/bin/pg_dump /usr/local/bin/pg_restore /usr/local/bin/
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/digibeoordelen \
    STATIC_ROOT=/app/staticfiles
# Static files need no secret; the key given here signs nothing and is in no environment afterwards.
RUN SECRET_KEY=collectstatic-alone python manage.py collectstatic --no-input --verbosity 0
USER site
VOLUME /var/lib/digibeoordelen
EXPOSE 8000
CMD ["gunicorn", "digibeoordelen.wsgi", "--bind=0.0.0.0:8000", "--threads=4", "--no-control-socket"]

# One image for web, worker, beat and the migrate step; docker-compose.yml says what each runs.
FROM python:3.11-slim-bookworm AS packages
COPY requirements/app.txt /tmp/app.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/app.txt

FROM python:3.11-slim-bookworm
# The same packages as scripts/machine.py names for making PDFs; PostgreSQL's programs for backups.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
        fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home site \
    && install --directory --owner=site --group=site /var/lib/digibeoordelen /backup
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

"""The settings of every environment, configured by environment variables (docs/operation.md)."""

import os
from pathlib import Path

import bootstrap_wrapper
import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

# openpyxl reads workbooks with the standard library: with lxml, which SAML needs, damaged XML is another exception.
os.environ["OPENPYXL_LXML"] = "False"

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Environment -------------------------------------------------------------------------------
DEMO = env.bool("DEMO", False)  # demo accounts on the login page, /demo/postvak/
DEBUG = env.bool("DEBUG", False)
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # still valid for signatures
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

# --- Apps, middleware, templates ---------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "csp",
    "oauth2_provider",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "digibeoordelen",
    "digibeoordelen.jobs",
    "digibeoordelen.outbox",
    "digibeoordelen.backup",
    "digibeoordelen.health",
    "digibeoordelen.instruments",
    "accounts",
    "exams",
    "addressbook",
    "assessments",
    "committee",
    "exchange",
]
if DEMO:
    INSTALLED_APPS.append("digibeoordelen.demo")

MIDDLEWARE = [
    "digibeoordelen.instruments.request_id.request_id_middleware",
    "digibeoordelen.instruments.request_metrics.requests_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "digibeoordelen.errors.unstorable.UnstorableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sessions.private_pages.PrivatePagesMiddleware",
    "accounts.sessions.interrupted.LoginRequiredMiddleware",
    "accounts.auth.middleware.LastSeenMiddleware",
    "accounts.auth.middleware.FirstLoginMiddleware",
    "accounts.auth.middleware.RequireTwoFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "digibeoordelen.errors.file_gone.FileGoneMiddleware",
    "digibeoordelen.errors.storage_down.StorageDownMiddleware",
    "digibeoordelen.errors.wrong_address.PostOnlyMiddleware",
]

ROOT_URLCONF = "digibeoordelen.urls"
WSGI_APPLICATION = "digibeoordelen.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                        "accounts.mail.templates.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.navigation.navigation",
            ],
        },
    },
]

# --- Data --------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/digibeoordelen.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Immediate transactions take the write lock at their start: two that read and then write wait for each other,
    # where deferred ones fail with 'database is locked'.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # else open connections cause 500s after a database restart
    # PgBouncer's transaction mode does not support them.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "files"), "base_url": None},
    },
    # Compressing takes most of a minute of each start, which the demo does not need.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "digibeoordelen.errors.storage_down.UploadHandler",
]
if bucket := env("S3_BUCKET", default=""):
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    # The libraries' own wait five times a minute, in which a few downloads take every thread of the site.
    _attempts = env.int("S3_ATTEMPTS", 2)
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env("S3_ENDPOINT_URL", default=None),
            "default_acl": "private",
            "querystring_auth": True,
            "client_config": Config(
                connect_timeout=env.float("S3_CONNECT_TIMEOUT", 3),
                read_timeout=env.float("S3_READ_TIMEOUT", 10),
                retries={"total_max_attempts": _attempts, "mode": "standard"},
            ),
            "transfer_config": TransferConfig(num_download_attempts=_attempts),
        },
    }

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_FINDERS = ["digibeoordelen.static_files.FolderFinder", "digibeoordelen.static_files.AppFinder"]
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_css_dir())]

# --- Authentication ----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.auth.validators.UnlikeOneself"},
    {"NAME": "accounts.auth.validators.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "accounts.auth.hashers.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # replaced at the next log-in
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
SECOND_STEP_FOR_STAFF = env.bool("SECOND_STEP_FOR_STAFF", False)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
PASSWORD_RESET_TIMEOUT = 24 * 3600

# django-allauth: accounts/auth/. An account exists only once its address is confirmed (accounts/registration), by our
# own mails, so that allauth verifies none and keeps no addresses.
ACCOUNT_ADAPTER = "accounts.sso.adapter.AccountAdapter"  # adds to that of accounts.auth
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_TIMEOUT = 600  # between password and second step
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.auth.password.ResetTokenGenerator"  # noqa: S105 - no secret
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords per account (`AccountAdapter`), and wrong codes per user.
    "login_failed": "10/15m/key,100/d/key",
    "reauthenticate": "20/m/user",
    "change_password": "20/m/user",
    # Per network address, which a school shares: counted when they fail, or not at all where nothing can be guessed.
    "login": None,
    "reset_password": None,
    "reset_password_from_key": None,
}
ACCOUNT_FORMS = {
    "login": "accounts.auth.forms.LoginForm",
    "reset_password": "accounts.auth.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.auth.forms.NewPasswordByLinkForm",
    "change_password": "accounts.auth.forms.ChangePasswordForm",
    "reauthenticate": "accounts.auth.forms.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.auth.mfa.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.auth.forms.AskCodeForm",
    "reauthenticate": "accounts.auth.forms.ReauthenticateByCodeForm",
    "activate_totp": "accounts.auth.forms.TurnOnForm",
    "add_webauthn": "accounts.auth.forms.PasskeyForm",
    "login_webauthn": "accounts.auth.forms.LoginByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Digitaal beoordelen"  # the name in authenticator apps
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds
MFA_RATE_LIMITS = {"webauthn_login": "200/10m/ip"}

# Login by the school: accounts/sso/.
SOCIALACCOUNT_ADAPTER = "accounts.sso.adapter.SchoolAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"provider_class": "accounts.sso.oidc.SchoolOpenIDProvider"},
    "saml": {"provider_class": "accounts.sso.saml.SchoolSAMLProvider"},
}
SOCIALACCOUNT_LOGIN_ON_GET = True  # the CSP lets no form lead to another site
# Providers on http and in private networks, as in tests and the demo; on a server these are a way into its network.
SSO_ALLOW_LOCAL = env.bool("SSO_ALLOW_LOCAL", DEMO)
# The same for coupled systems and webhooks, whose addresses schools type too.
EXCHANGE_ALLOW_LOCAL = env.bool("EXCHANGE_ALLOW_LOCAL", DEMO)

# OAuth of coupled systems: exchange/serving/. Only the token endpoint of the toolkit has an address.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"  # the default, which makemigrations asks for
OAUTH2_PROVIDER = {
    "SCOPES": {
        "nl-test-admin-flow-0": "Examens opvragen",
        "nl-test-admin-flow-2-3-4": "Zittingen plannen, en resultaten en verslagen opvragen",
    },
    "SCOPES_BACKEND_CLASS": "exchange.serving.oauth.PartnerScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # as a hash
}

# --- Mail, through the outbox (digibeoordelen/outbox) ------------------------------------------
EMAIL_BACKEND = "digibeoordelen.outbox.backend.OutboxBackend"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Digitaal beoordelen <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", 20)  # seconds, per step of the SMTP conversation
vars().update(env.email("EMAIL_URL", default="consolemail://"))
# The backend that sends the outbox's mails; the demo stores them instead, unless EMAIL_URL is set.
if "EMAIL_URL" in env:
    OUTBOX_TRANSPORT = vars().pop("EMAIL_BACKEND")
elif DEMO:
    OUTBOX_TRANSPORT = "digibeoordelen.demo.mailbox.MailboxBackend"
else:
    OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_BACKEND = "digibeoordelen.outbox.backend.OutboxBackend"
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", 900)
OUTBOX_RETRY_SECONDS = env.list("OUTBOX_RETRY_SECONDS", cast=int, default=[60, 300, 900, 3600, 4 * 3600, 12 * 3600])
# What comes back: to an address made of BOUNCE_ADDRESS, read from the mailbox at BOUNCES_IMAP_URL.
BOUNCE_ADDRESS = env("BOUNCE_ADDRESS", default="")
BOUNCES_IMAP_URL = env("BOUNCES_IMAP_URL", default="")
MAIL_CONTENT_DAYS = env.int("MAIL_CONTENT_DAYS", 14)  # a server returns a mail within five days

# --- Work in the background --------------------------------------------------------------------
CELERY_BROKER_URL = env("BROKER_URL", default="filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem:"):
    _queue = VAR_DIR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.02,  # seconds, also after each task
    }
    # Each poll for a control message lists the messages of every queue: a third of a core while 10,000 mails wait.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
elif CELERY_BROKER_URL.startswith("redis"):
    # Else a request that announces work while Redis is gone waits 6 seconds.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
    }
CELERY_IMPORTS = (  # tasks are defined beside the functions they run
    "accounts.auth.mfa",
    "accounts.sso.manage.providers",
    "accounts.registration.registration",
    "accounts.people.invite",
    "accounts.sessions.sessions",
    "assessments.invitations.scheduled_reminders",
    "assessments.privacy.erasure",
    "digibeoordelen.health.heartbeats",
    "digibeoordelen.outbox.bounces.mailbox",
    "digibeoordelen.outbox.trim",
    "exchange.serving.call_log",
)
# Both brokers give a worker the lowest number first: mails that a person waits for go before PDFs and invitations.
FIRST_PRIORITY = 0
CELERY_TASK_DEFAULT_PRIORITY = 6  # a message of Redis without one has 0
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # by default the worker ends after an hour without broker
CELERY_TASK_PUBLISH_RETRY = False  # the sweep retries
# A process of a worker is replaced after so many tasks or when it has grown so large, between two tasks: what PDFs are
# made with never returns all memory.
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.int("WORKER_MAX_TASKS", 500)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MAX_MEMORY", 400) * 1024  # MiB; Celery counts KiB
CELERY_TASK_TIME_LIMIT = env.int("TASK_SECONDS", 3600)  # a task that hangs is killed; the sweep starts its work again
CELERY_TIMEZONE = "Europe/Amsterdam"
SWEEP_SECONDS = env.int("SWEEP_SECONDS", 60)
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 300)  # a worker that does not renew it is taken for dead
CELERY_BEAT_SCHEDULER = "digibeoordelen.jobs.scheduler:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {
        "task": "digibeoordelen.outbox.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"priority": FIRST_PRIORITY},
    },
    "heartbeat": {
        "task": "digibeoordelen.health.heartbeats.note_worker",
        "schedule": 60,
        "options": {"priority": FIRST_PRIORITY},
    },
    "sweep-jobs": {"task": "digibeoordelen.jobs.tasks.sweep", "schedule": SWEEP_SECONDS},
    "purge-jobs": {"task": "digibeoordelen.jobs.tasks.purge", "schedule": 6 * 3600},
    "send-planned-reminders": {"task": "assessments.tasks.send_planned_reminders", "schedule": 30 * 60},
    "forget-unconfirmed": {"task": "accounts.tasks.forget_unconfirmed", "schedule": 3600},
    "erase-due": {"task": "assessments.tasks.erase_due", "schedule": crontab(hour="3", minute="10")},
    "send-school-invitations": {"task": "accounts.tasks.send_invitations", "schedule": SWEEP_SECONDS},
    "encrypt-client-secrets": {"task": "accounts.tasks.encrypt_client_secrets", "schedule": 6 * 3600},
    "encrypt-second-steps": {"task": "accounts.tasks.encrypt_second_steps", "schedule": 6 * 3600},
    "forget-calls": {"task": "exchange.tasks.forget_calls", "schedule": crontab(hour="3", minute="40")},
    "trim-sent": {"task": "digibeoordelen.outbox.tasks.trim_sent", "schedule": crontab(hour="4", minute="10")},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": 6 * 3600},
}
if BOUNCES_IMAP_URL:
    CELERY_BEAT_SCHEDULE["read-bounces"] = {
        "task": "digibeoordelen.outbox.bounces.mailbox.read_bounces",
        "schedule": 300,
        "options": {"expires": 300},  # providers refuse who logs in too often
    }

# --- Health: what `/gezondheid/` calls wrong (digibeoordelen/health) ----------------------------
HEALTH_MAIL_SECONDS = env.int("HEALTH_MAIL_SECONDS", 15 * 60)  # of the oldest queued mail
HEALTH_WAITING_MAIL_SECONDS = env.int("HEALTH_WAITING_MAIL_SECONDS", 3600)  # one that was refused for a while
HEALTH_FAILED_MAILS = env.int("HEALTH_FAILED_MAILS", 50)  # in 24 hours: wrong addresses are common
HEALTH_PDF_SECONDS = env.int("HEALTH_PDF_SECONDS", 15 * 60)
HEALTH_JOB_SECONDS = env.int("HEALTH_JOB_SECONDS", 3600)
HEALTH_DELIVERY_SECONDS = env.int("HEALTH_DELIVERY_SECONDS", 24 * 3600)  # to another system, which may be down
HEALTH_HEARTBEAT_SECONDS = env.int("HEALTH_HEARTBEAT_SECONDS", 5 * 60)
HEALTH_MAILBOX_SECONDS = env.int("HEALTH_MAILBOX_SECONDS", 3600)  # since the mailbox of bounces was read
HEALTH_FREE_MB = env.int("HEALTH_FREE_MB", 500)

# --- Cache, for rate limits: may be lost -------------------------------------------------------
# In the broker's Redis, so that all machines count together; without Redis per process.
_shared = CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "locmemcache://"
CACHES = {"default": env.cache("CACHE_URL", default=_shared)}
CACHES["default"]["KEY_PREFIX"] = "digibeoordelen"
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    CACHES["default"]["BACKEND"] = "digibeoordelen.cache.FailOpenRedisCache"
    CACHES["default"].setdefault("OPTIONS", {}).update({"socket_connect_timeout": 1, "socket_timeout": 1})

# --- Language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]  # English for some pages: accounts/language.py
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "taal"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True
FORMAT_MODULE_PATH = ["digibeoordelen.formats"]

# --- Browser security --------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's stylesheet has icons as data: URLs
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "digibeoordelen.errors.csrf_failure.csrf_failure"
SESSION_ENGINE = "accounts.models.session"
SESSION_COOKIE_AGE = 60 * 60 * 12  # after the last use: accounts.auth.middleware.LastSeenMiddleware
SECURE_SSL_REDIRECT = False  # done by the proxy; the health check uses http
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
# For forms of up to `exams.content.schema.MAX_CRITERIA` criteria, three fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Instruments (digibeoordelen/instruments) --------------------------------------------------
METRICS_TOKEN = env("METRICS_TOKEN", default="")  # without it there is no /metrics/
SENTRY_DSN = env("SENTRY_DSN", default="")
OTEL_EXPORTER_OTLP_ENDPOINT = env("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
LOG_FORMAT = env("LOG_FORMAT", default="text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "ids": {"()": "digibeoordelen.instruments.request_id.AddIds"},
        "no_links": {"()": "digibeoordelen.logs.HideMailedLinks"},
        "short_outages": {"()": "digibeoordelen.logs.ShortenOutages"},
    },
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s %(task_id)s]: %(message)s"},
        "json": {"()": "digibeoordelen.instruments.json_lines.JSONLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "text",
            "filters": ["ids", "short_outages", "no_links"],
        },
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # gunicorn logs the URL of a request that fails outside of Django: filter it too.
        "gunicorn.error": {"handlers": [], "propagate": True},
        "httpx": {"level": "WARNING"},  # logs every address at INFO
        "weasyprint": {"level": "WARNING"},  # logs every page at INFO
    },
}

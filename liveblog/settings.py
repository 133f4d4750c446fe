"""How the project is configured: one file, every changeable value from the environment.

The table of variables, with their defaults and meaning, is in docs/operations.md.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from liveblog import environment as env
from liveblog.postgres.pool import Patient, check, go_on

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = env.read("LIVEBLOG_DATA", Path, BASE_DIR / "data").resolve()
DATABASE_URL = env.read("DATABASE_URL", str)
DEBUG = env.read("DEBUG", env.boolean, False)

# ── Who we are ──────────────────────────────────────────────────────────────────────────────────────────
SITE_URL = env.read(
    "SITE_URL", env.origin("https://news.example"), f"http://localhost:{env.read('PORT', env.integer(1, 65535), 8000)}"
)
PUBLICATION_NAME = env.read("PUBLICATION_NAME", str, "The Meridian")
REQUIRE_ALT_TEXT = env.read("REQUIRE_ALT_TEXT", env.boolean, False)
PUBLICATION_TAGLINE = env.read("PUBLICATION_TAGLINE", str, "News as it happens, corrected in daylight")
LOCAL = urlsplit(SITE_URL).hostname in {"localhost", "127.0.0.1", "::1"}
ALLOWED_HOSTS = env.read("ALLOWED_HOSTS", env.words, [str(urlsplit(SITE_URL).hostname)]) + (
    ["localhost", "127.0.0.1", "[::1]"] if LOCAL else []
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Proxies whose word on readers' addresses and https is taken.
TRUSTED_PROXIES: list[str] = env.read("FORWARDED_ALLOW_IPS", env.addresses, [])


_WHOSE = "Run this as the user to whom it belongs, or name another folder in LIVEBLOG_DATA."


def _secret_key() -> str:
    """The variable's value; on a newcomer's own machine, one made once and kept beside the data."""
    if key := env.read("SECRET_KEY", str):
        return key
    if not LOCAL:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it to a long random text, the same for all processes: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    kept = DATA / "secret-key"
    try:
        return kept.read_text()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"The data folder {DATA} cannot be read: {error.strerror}. {_WHOSE}") from error
    try:
        return _make_key(kept)
    except OSError as error:
        raise ImproperlyConfigured(f"The data folder {DATA} cannot be written: {error.strerror}. {_WHOSE}") from error


def _make_key(kept: Path) -> str:
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(50))
    try:
        kept.hardlink_to(fresh)  # atomic: of two first starts at once, one key wins
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()

# ── Applications ────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "articles",
    "articles.access",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prose_editor",
    "django_tasks_db",
    "js_asset",
    "simple_history",
]
# Public pages carry no cookie and do not vary by user: nothing below touches the session unless a view
# asks for it, and only the admin does.
MIDDLEWARE = [
    "liveblog.logs.request_ids",
    "liveblog.middleware.safe_headers",
    "liveblog.middleware.watchers_know_no_name",
    "liveblog.middleware.admin_speaks",
    "django.middleware.security.SecurityMiddleware",
    "liveblog.storage.StaticFiles",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "liveblog.middleware.public_pages_know_nobody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "articles.access.gate.Gate",
]
ROOT_URLCONF = "liveblog.urls"
ASGI_APPLICATION = "liveblog.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# ── Database ────────────────────────────────────────────────────────────────────────────────────────────
# Seconds that it may take for one answer, or to give a connection, where somebody waits for it; then it is away (503).
DATABASE_PATIENCE = env.read("DATABASE_PATIENCE", env.integer(1, 300), 10)
# A pool, because under ASGI a connection kept by every thread runs PostgreSQL out of clients.
_POOL: dict[str, Any] = {
    "connection_class": Patient,
    "check": check,
    "reconnect_failed": go_on,
    "reconnect_timeout": 2,
    "min_size": 0,
    "max_size": env.read("DATABASE_POOL", env.integer(1, 500), 10),
    "timeout": DATABASE_PATIENCE,
    "max_idle": 60,
}
# A database that says nothing more is taken for lost, not waited for: the address may name other times.
_PATIENCE = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}


def _database() -> dict[str, Any]:
    common = {"OPTIONS": {"pool": _POOL}, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    if DATABASE_URL is None:
        return common | {"ENGINE": "liveblog.postgres", "NAME": "liveblog", "DATA": DATA / "postgres"}
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    try:
        given: dict[str, Any] = dict(conninfo_to_dict(DATABASE_URL))
        if wrong := [port for port in str(given.get("port") or "").split(",") if port and not env.is_port(port)]:
            raise Error(f"{wrong[0]} is no port")
    except Error as error:
        raise ImproperlyConfigured(
            f"The environment variable DATABASE_URL makes no sense to PostgreSQL ({str(error).strip()}). "
            "Write it as postgresql://user:password@host:5432/name."
        ) from error
    keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    named = {key: str(given.pop(name)) for key, name in keys.items() if given.get(name)}
    options = {"pool": _POOL, **_PATIENCE, **given}
    return common | {"ENGINE": "django.db.backends.postgresql", "OPTIONS": options} | named


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Language and time ───────────────────────────────────────────────────────────────────────────────────
# LANGUAGE_CODE is the admin's and the front page's; each coverage has its own language and time zone.
LANGUAGES = [  # those in which locale/ has all that readers see
    ("en", _("English")),
    ("uk", _("Ukrainian")),
    ("ar", _("Arabic")),
]
ADMIN_LANGUAGES = ("en", "uk")  # those in which the admin and its door speak too; with another, they speak English
LANGUAGE_CODE = env.read("LANGUAGE_CODE", env.one_of(*(code for code, _name in LANGUAGES)), "en")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.read("TIME_ZONE", env.zone, "UTC")
USE_TZ = True
USE_I18N = True

# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
# With S3_BUCKET set, media and originals are kept there (its keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).
S3_BUCKET = env.read("S3_BUCKET", str)
S3_ENDPOINT_URL = env.read("S3_ENDPOINT_URL", env.origin("https://s3.example:9000"))
S3_REGION = env.read("S3_REGION", str)
if S3_BUCKET is None and (S3_ENDPOINT_URL or S3_REGION):
    raise ImproperlyConfigured(
        "S3_ENDPOINT_URL or S3_REGION is set, and S3_BUCKET is not: files would be kept on this machine. "
        "Name the bucket in S3_BUCKET, or unset the others."
    )
# Whether nginx sends private files that the application names (deploy/nginx: /originals/); else the application does.
SENDFILE = env.read("SENDFILE", env.boolean, False)


def _files(folder: str) -> dict[str, Any]:
    """Where files of this kind are kept: a folder of the data, or of the bucket."""
    if S3_BUCKET is None:
        of_its_own = {} if folder == "media" else {"location": DATA / folder}
        return {"BACKEND": "liveblog.files.WholeFiles", "OPTIONS": of_its_own}
    options = {"bucket_name": S3_BUCKET, "location": folder, "endpoint_url": S3_ENDPOINT_URL, "region_name": S3_REGION}
    return {"BACKEND": "liveblog.s3.Bucket", "OPTIONS": options}


STORAGES = {
    "default": _files("media"),
    "originals": _files("originals"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "liveblog.storage.StaticStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o644
# What came so far of an upload goes to disk in one piece when it gets larger than this, and readers wait meanwhile.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# What takes long is queued in the database and done by `manage.py run_tasks`, which `manage.py serve` starts.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# ── Safety ──────────────────────────────────────────────────────────────────────────────────────────────
_HTTPS = SITE_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = env.read("SECURE_SSL_REDIRECT", env.boolean, True) and _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(?:healthz|readyz|metrics)$"]  # asked on the process's own port
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# On every answer, whoever gives it: Django, streams, media; deploy/nginx/liveblog/headers.conf says the same. What
# players in frames need (fullscreen, autoplay, …) and what pages use (sharing, the clipboard) is left as it is.
_POWERS = "accelerometer browsing-topics camera display-capture geolocation gyroscope hid magnetometer microphone"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": SECURE_REFERRER_POLICY,
    "Permissions-Policy": ", ".join(f"{power}=()" for power in (*_POWERS.split(), "midi", "payment", "serial", "usb")),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pictures stand in feeds and in other sites' cards
}
if _HTTPS:
    SAFE_HEADERS["Strict-Transport-Security"] = f"max-age={SECURE_HSTS_SECONDS}; includeSubDomains; preload"
# The admin's policy. Public pages set a stricter one of their own (articles/public/responses.py).
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
CSRF_FAILURE_VIEW = "articles.admin.desk.asked.csrf_failure"

# ── Signing in ──────────────────────────────────────────────────────────────────────────────────────────
AUTHENTICATION_BACKENDS = ["articles.access.door.Staff"]
LOGIN_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_ENGINE = "articles.access.sessions"
SESSION_COOKIE_AGE = env.read("SESSION_HOURS", env.integer(1, 24 * 90), 24 * 7) * 3600
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "articles.access.door.Accounts"
ACCOUNT_EMAIL_VERIFICATION = "none"  # no e-mail is sent: administrators make accounts and set passwords
ACCOUNT_SESSION_REMEMBER = True
# "key": account and address together. All of a newsroom may share one address, and so what is left for that.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,200/h/ip,5/5m/key"}
MFA_ADAPTER = "articles.access.door.Factors"
MFA_FORMS = {
    "login_webauthn": "articles.access.passkeys.Login",
    "authenticate_webauthn": "articles.access.passkeys.Authenticate",
    "reauthenticate_webauthn": "articles.access.passkeys.Reauthenticate",
    "add_webauthn": "articles.access.passkeys.Add",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PUBLICATION_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL and not _HTTPS
TWO_FACTOR_ROLES: list[str] = env.read("TWO_FACTOR_ROLES", env.some_of("Reporter", "Editor", "Administrator"), [])
# What limits are counted in, for all processes; no page of a reader's asks it. Full, it forgets what has expired.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "access_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# ── Live coverage ───────────────────────────────────────────────────────────────────────────────────────
# Where `manage.py relay` posts to nchan; set, readers' streams are nchan's, and the application holds none.
NCHAN_URL = env.read("NCHAN_URL", env.origin("http://127.0.0.1:8081"))
POLL_SECONDS = env.read("POLL_SECONDS", env.integer(2, 300), 10)
FRONT_PAGE_COVERAGES = 30
PAGE_MEMORY = env.read("PAGE_MEMORY_MB", env.integer(1, 65536), 128) * 1024 * 1024
PAGE_UPDATES = env.read("PAGE_UPDATES", env.integer(5, 100), 20)

# ── Seeing ──────────────────────────────────────────────────────────────────────────────────────────────
METRICS_TOKEN = env.read("METRICS_TOKEN", str)
DISK_FREE = env.read("DISK_FREE_MB", env.integer(0, 1_000_000), 500) * 1024 * 1024
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request": {"()": "liveblog.logs.WithRequest"},
        "in_one_line": {"()": "liveblog.logs.InOneLine"},
    },
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}{request}", "style": "{"},
        "json": {"()": "liveblog.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.read("LOG_FORMAT", env.one_of("plain", "json"), "plain"),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": env.read("LOG_LEVEL", env.one_of(*LEVELS), "INFO")},
    # Django's own handlers would print each error twice.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.security.DisallowedHost": {"filters": ["in_one_line"]},
        # It repeats each attempt to connect; who needed the connection says what came of it.
        "psycopg.pool": {"level": "ERROR"},
    },
}

"""Settings, in one file and from the environment only.

Everything a district's IT may set is read here by name; `docs/operations.md` lists the names. Values that are wrong in
production stop the start with a sentence that names the setting (`core.checks`).
"""

import sys
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from xstatic.pkg import leaflet  # type: ignore[import-untyped]  # ships no types

from fengchao import embedded, maps, secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

TESTING = "pytest" in sys.modules
DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / (".cache/test-data" if TESTING else ".data"))
DEPLOY = env.str("DEPLOY", "")
PRODUCTION = DEPLOY == "production"

DEBUG = env.bool("DEBUG", False)
# What needs no set-up shows itself: demonstration accounts and the codes that no SMS carries.
DEMO = env.bool("DEMO", not (env.str("DATABASE_URL", "") or PRODUCTION or TESTING))
SEED = env.str("SEED", "demo")
PORT = env.int("PORT", 8000)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Made once in DATA_DIR when the environment names none; in production the environment must name them (core.checks).
SECRET_KEY = env.str("SECRET_KEY", "") or secrets.kept(DATA_DIR / "secret_key")
FIELD_KEYS = env.list("FIELD_KEYS", default=[]) or [secrets.kept_fernet(DATA_DIR / "field_keys")]

# --- Database: PostgreSQL only. Without DATABASE_URL the embedded server in DATA_DIR serves (fengchao/embedded).
DATABASE_URL = env.str("DATABASE_URL", "")
EMBEDDED_DATABASE = not DATABASE_URL
DATABASES = {
    "default": {
        **(env.db_url_config(DATABASE_URL) if DATABASE_URL else embedded.connection_settings(DATA_DIR)),
        "ENGINE": "fengchao.core.postgres",
        # A new connection for each request takes redemptions from 1,339 to 211 a second.
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 2,
            "options": "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s",
        },
    }
}
# A pooler that hands out connections by the transaction (PgBouncer) needs this off.
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", True)
# accounts.Token takes the place of knox's table, which would stand there empty with a key to the users.
MIGRATION_MODULES = {"knox": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in place of ours
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "fengchao.admin.FengchaoAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "treebeard",
    "django_htmx",
    "lucide",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "fengchao.core",
    "accounts",
    "points",
    "stations",
    "gifts",
    "reports",
    "wishes",
    "vouchers",
    "activities",
    "fengchao",
]

MIDDLEWARE = [
    "fengchao.core.middleware.RequestIdMiddleware",
    "fengchao.core.middleware.DatabaseDownMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fengchao.core.middleware.CompressMiddleware",  # inside whitenoise, whose files lie there compressed
    "reports.open311.errors.Open311ErrorsMiddleware",  # inside the one that compresses
    "fengchao.core.middleware.ContentPolicyMiddleware",
    "fengchao.core.middleware.RefusalMiddleware",
    "fengchao.core.middleware.PrivateAnswersMiddleware",  # outside the session's, which says whether it was read
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "fengchao.urls"
WSGI_APPLICATION = "fengchao.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fengchao.core.context.site",
            ],
        },
    }
]

# --- Who may sign in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PhoneBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60  # couriers sign in rarely; staff sessions end earlier (accounts.adapter)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "fengchao.core.error_pages.csrf_failure"

# --- SMS
SMS_BACKEND = env.str("SMS_BACKEND", "console")
SMS_FILE = env.str("SMS_FILE", str(DATA_DIR / "sms.jsonl"))
# Yuan. A wish above it is not refused: it goes to the moderator with a flag.
WISH_PRICE_CEILING = env.int("WISH_PRICE_CEILING", 300)
CARE_TARGET_COURIERS = env.int("CARE_TARGET_COURIERS", 1000)
SMS_HOURLY_BUDGET = env.int("SMS_HOURLY_BUDGET", 3000)
SMS_ACCESS_KEY = env.str("SMS_ACCESS_KEY", "")
SMS_SECRET = env.str("SMS_SECRET", "")
SMS_SIGN_NAME = env.str("SMS_SIGN_NAME", "")
SMS_TEMPLATE = env.str("SMS_TEMPLATE", "")
SMS_NOTICE_TEMPLATE = env.str("SMS_NOTICE_TEMPLATE", "")
SMS_APP_ID = env.str("SMS_APP_ID", "")
SMS_ENDPOINT = env.str("SMS_ENDPOINT", "").rstrip("/")

# --- Language and time: people read Chinese and live in Shanghai, the database keeps UTC.
LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LOCALE_PATHS = [BASE_DIR / "locale_vendor"]

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static", ("leaflet", leaflet.BASE_DIR)]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(DATA_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

# --- Map. Without tiles the map shows the district's outline; tiles must be in WGS-84 (docs/operations.md).
MAP_TILES_KEY = env.str("MAP_TILES_KEY", "")
MAP_TILES = maps.layers(env.str("MAP_TILES_URL", ""), MAP_TILES_KEY)
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", "天地图" if "tianditu" in "".join(MAP_TILES) else "")
MAP_TILES_SUBDOMAINS = env.str("MAP_TILES_SUBDOMAINS", "01234567" if "tianditu" in "".join(MAP_TILES) else "abc")
# Whom navigation links name as the caller; Tencent issues a key for it.
MAP_REFERER = env.str("MAP_REFERER", "fengchao")

# --- API
# Whom partners can reach, as Open311's discovery says it.
OPEN311_CONTACT = env.str("OPEN311_CONTACT", "")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["fengchao.core.permissions.Nobody"],  # every endpoint names who may
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["fengchao.core.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "fengchao.core.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "fengchao.core.schema.Schema",
    "EXCEPTION_HANDLER": "fengchao.core.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
KNOX_TOKEN_MODEL = "accounts.Token"
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=30),  # couriers; staff tokens end earlier (accounts.services.tokens)
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_LIMIT_PER_USER": None,
    "AUTO_REFRESH": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "江城蜂巢 API",
    "DESCRIPTION": "江城蜂巢开放接口。时间为 ISO 8601;错误为 RFC 9457 problem+json。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- Staff sign-in (allauth: password, then TOTP; rules in accounts/adapter.py)
ACCOUNT_ADAPTER = "accounts.adapter.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_RATE_LIMITS = False  # per-address limits would lock out a station's Wi-Fi; ours are in accounts/throttle
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # who came by SMS signs in again, with password and second factor
ACCOUNT_SESSION_REMEMBER = False  # accounts.adapter says when a staff session ends
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "江城蜂巢"
MFA_TOTP_TOLERANCE = 1  # phones run half a minute fast or slow; a code still works once (accounts.services.staff)
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondFactorForm",
    "reauthenticate": "accounts.forms.SecondFactorAgainForm",
}
MFA_ADAPTER = "accounts.adapter.StaffMfaAdapter"

# --- Jobs
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Admin (unfold). The lists and who sees them: fengchao/admin.py; what stands at the side: fengchao/navigation.py.
UNFOLD = {
    "SITE_TITLE": "江城蜂巢",
    "SITE_HEADER": "江城蜂巢",
    "SITE_SUBHEADER": "管理后台",
    "SITE_SYMBOL": "hive",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "fengchao.navigation.favicon"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "THEME": "light",
    "BORDER_RADIUS": "8px",
    "STYLES": ["fengchao.navigation.stylesheet"],
    "DASHBOARD_CALLBACK": "fengchao.dashboard.fill",
    "ACCOUNT": {"navigation": "fengchao.navigation.account"},
    "SIDEBAR": {"navigation": "fengchao.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "#fff8e8",
            "100": "#ffeec4",
            "200": "#ffe09a",
            "300": "#ffd166",
            "400": "#f5a800",
            "500": "#a86200",
            "600": "#854c00",
            "700": "#6b4100",
            "800": "#4a2d00",
            "900": "#2b1d00",
            "950": "#1c1300",
        },
        "font": {
            "subtle-light": "#5b626c",
            "default-light": "#3a404a",
            "important-light": "#20242b",
        },
    },
}

# --- Headers. The admin's Alpine needs unsafe-eval; only its own path gets it (core.middleware).
from csp.constants import NONE, SELF  # noqa: E402

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *maps.sources(MAP_TILES)],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if PRODUCTION else 0

CACHES = {"default": env.cache_url("CACHE_URL", "locmemcache://")}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "fengchao.core.logs.RequestFilter"}},
    "formatters": {"json": {"()": "fengchao.core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"level": "INFO", "propagate": True, "handlers": []},
        "django.server": {"level": "WARNING", "propagate": True, "handlers": []},
        # Its lines quote the path of every 4xx; our access line says the same with the request id.
        "django.request": {"level": "ERROR", "propagate": True, "handlers": []},
        # What strangers send is no error of ours: a traceback for each foreign host name, a warning for each HEAD.
        "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": True, "handlers": []},
        "gunicorn.http.wsgi": {"level": "ERROR", "propagate": True, "handlers": []},
    },
}

# --- Points expire at the end of this many years after the one they were earned in (points.services.expiry).
POINTS_YEARS = env.int("POINTS_YEARS", 1)
if not 1 <= POINTS_YEARS <= 4:
    raise ImproperlyConfigured("POINTS_YEARS must be 1, 2, 3 or 4.")

SITE_NAME = "江城蜂巢"
DISTRICT_NAME = env.str("DISTRICT_NAME", "硚口区")
PRIVACY_NOTICE_VERSION = "2026-11"

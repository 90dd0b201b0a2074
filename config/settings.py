"""Every setting of Rightline, read from the environment; docs/operations.md lists the variables."""

import hashlib
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env
from config.addresses import database_address, public_address, redis_url
from config.logs import configure_structlog, logging_settings
from config.production import refuse_when_unsafe

# --- Where and as what we run -------------------------------------------------------------------------------

BASE_DIR = env.PROJECT
RIGHTLINE_HOME = env.home()
PRODUCTION = env.text("RIGHTLINE_ENV", "local") == "production"
if PRODUCTION:
    refuse_when_unsafe()
# web, worker or command: decides how a process holds database connections and how long it may ask.
PROCESS = env.text("RIGHTLINE_PROCESS", "command")
DEBUG = env.flag("RIGHTLINE_DEBUG")
SECRET_KEY = env.secret("secret_key", RIGHTLINE_HOME / "secrets")
SECRET_KEY_FALLBACKS = env.words("RIGHTLINE_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("RIGHTLINE_ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "config",
    "analytics",
    "exceptions_app",
    "suppliers",
    "erp_connectors",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_fsm",
    "django_filters",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
]

MIDDLEWARE = [
    "config.proxies.address_of_the_visitor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "exceptions_app.web.middleware.english_for_programs",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "exceptions_app.web.middleware.time_zone_of_the_reader",
    "exceptions_app.web.middleware.teams_of_the_reader",
    "exceptions_app.audit.requests.leave_no_request_untold",
    "exceptions_app.web.middleware.session_of_the_reader",
    "exceptions_app.web.middleware.second_factor_where_asked",
    "axes.middleware.AxesMiddleware",
]

# --- Database and broker ------------------------------------------------------------------------------------

STATEMENT_TIMEOUT_MS = {"web": 30_000, "worker": 300_000}.get(PROCESS, 0)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **database_address(RIGHTLINE_HOME),
        "CONN_HEALTH_CHECKS": True,
        # A worker's one connection lives from task to task; the web's live in the pool.
        "CONN_MAX_AGE": 600 if PROCESS == "worker" else 0,
    }
}
DATABASES["default"]["OPTIONS"] |= {
    "application_name": f"rightline-{PROCESS}",
    # Values travel beside the statement, typed by the driver: cheaper than writing them into its text.
    "server_side_binding": True,
    "options": (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=5000 "
        "-c idle_in_transaction_session_timeout=60000 "
        # A page joins up to seventeen tables, nearly all to name what its rows refer to: to look for the best
        # order of eight at a time takes far longer than to read them (docs/adr/0026).
        "-c join_collapse_limit=4"
    ),
}
if PROCESS == "web":
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.number("RIGHTLINE_DATABASE_POOL", 12),
        "timeout": 10,
    }

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url(RIGHTLINE_HOME, database=1),
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# --- Celery: rows are the queue, tasks only wake their owners (docs/adr) ------------------------------------

CELERY_BROKER_URL = redis_url(RIGHTLINE_HOME, database=0, for_celery=True)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SEND_SENT_EVENT = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_CONSUMER = "config.consumer:SteadyConsumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
# Acknowledged to a broker that is gone, a task would end its worker. It is ended itself: its lease runs out,
# and its rows are due again.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # At least four times the hard time limit, else a slow task is delivered twice; config.checks holds this.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "retry_on_timeout": True,
}
CELERY_TIMEZONE = "UTC"
# Keeps the worker's connection between tasks; config.celery looks at it before each one.
CELERY_DB_REUSE_MAX = 1000

# --- People -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "exceptions_app.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
# --- Signing in ---------------------------------------------------------------------------------------------

SESSION_ENGINE = "exceptions_app.signing_in.sessions"
# Of whom a second factor is asked; a trial lets everybody in with the logins that it prints.
SECOND_FACTOR = env.choice(
    "RIGHTLINE_MFA", "approvers" if PRODUCTION else "optional", ("required", "approvers", "optional")
)
ACCOUNT_ADAPTER = "exceptions_app.signing_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
# Axes counts wrong passwords; this is for codes, which are asked of one person after a right password.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key"}
MFA_ADAPTER = "exceptions_app.signing_in.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# There is nothing to guess about a passkey, and a whole company may sign in from one address.
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_TOTP_TOLERANCE = 1
# A company's own identity provider (OpenID Connect); none unless it is named.
OIDC_ISSUER = env.text("RIGHTLINE_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("RIGHTLINE_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.kept_secret("oidc_client_secret", RIGHTLINE_HOME / "secrets")
OIDC_NAME = env.text("RIGHTLINE_OIDC_NAME")
OIDC_SCOPES = env.text("RIGHTLINE_OIDC_SCOPES", "openid email profile")
OIDC_ADDS_PEOPLE = env.flag("RIGHTLINE_OIDC_ADDS_PEOPLE")
OIDC_EMAIL_IS_VERIFIED = env.flag("RIGHTLINE_OIDC_EMAIL_IS_VERIFIED")
OIDC_GROUPS_CLAIM = env.text("RIGHTLINE_OIDC_GROUPS_CLAIM")
# A name and an address together: nobody locks out a colleague elsewhere, nor their own company. What comes
# from many addresses, or tries many names, is slowed down (signing_in/pace.py); known browsers are spared.
AXES_WHITELIST_CALLABLE = "exceptions_app.signing_in.known.is_spared"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["code", "credential", "old_password", "new_password1", "new_password2"]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "locked_out.html"

# --- Audit: heads of the chain are written outside the database, at least daily -----------------------------

AUDIT_HEADS_FOLDER = env.text("RIGHTLINE_AUDIT_HEADS")
AUDIT_HEAD_EVERY = timedelta(hours=min(max(env.number("RIGHTLINE_AUDIT_HEAD_HOURS", 1), 1), 24))

# --- Browser security ---------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Browsers share cookies between the ports of one host: instances side by side need names of their own.
INSTANCE = hashlib.sha256(f"cookie name {SECRET_KEY}".encode()).hexdigest()[:8]
SESSION_COOKIE_NAME = f"rightline_session_{INSTANCE}"
CSRF_COOKIE_NAME = f"rightline_csrf_{INSTANCE}"
LANGUAGE_COOKIE_NAME = f"rightline_language_{INSTANCE}"
KNOWN_BROWSER_COOKIE_NAME = f"rightline_known_{INSTANCE}"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_AGE = 12 * 60 * 60
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if PRODUCTION else 0
if env.text("RIGHTLINE_PROXY_HEADER"):
    PROXY_HEADER = env.text("RIGHTLINE_PROXY_HEADER").upper().replace("-", "_")
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{PROXY_HEADER}", "https")
# How many proxies of ours stand before the web server; each adds whom it heard to X-Forwarded-For.
PROXIES = env.number("RIGHTLINE_PROXIES", 1 if PRODUCTION else 0)
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

# --- Pages --------------------------------------------------------------------------------------------------

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "config.jinja.environment"},
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Only production collects: there every file name carries its content's hash and is cached for ever.
STATIC_ROOT = RIGHTLINE_HOME / "static" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
MEDIA_ROOT = RIGHTLINE_HOME / "media"

# --- Mail: without a server, mails are files one can read ---------------------------------------------------

EMAIL_HOST = env.text("RIGHTLINE_MAIL_HOST")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = RIGHTLINE_HOME / "mail"
EMAIL_PORT = env.number("RIGHTLINE_MAIL_PORT", 587)
EMAIL_HOST_USER = env.text("RIGHTLINE_MAIL_USER")
EMAIL_HOST_PASSWORD = env.text("RIGHTLINE_MAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("RIGHTLINE_MAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("RIGHTLINE_MAIL_FROM", "rightline@localhost")
# Where people reach Rightline, for the links in mails and the calls that try_api prints.
PUBLIC_ADDRESS = public_address(RIGHTLINE_HOME)

# --- Languages and time -------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.rest.PermissionMustBeNamed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "exceptions_app.api.paging.NewestFirst",
    "EXCEPTION_HANDLER": "exceptions_app.api.problems.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
}
API_CALLS_PER_MINUTE = env.number("RIGHTLINE_API_CALLS_PER_MINUTE", 600)
SPECTACULAR_SETTINGS = {
    "TITLE": "Rightline",
    "DESCRIPTION": "Exceptions of purchase-order lines: what deviates, who has it, what was decided.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "exceptions_app.api.schema.with_problems",
    ],
    # Several resources have a field `state` or `status`; each set of values gets a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "CaseStateEnum": "exceptions_app.cases.models.CaseState",
        "ClockKindEnum": "exceptions_app.cases.models.ClockKind",
        "OverrideKindEnum": "exceptions_app.overrides.models.OverrideKind",
        "ProposalStateEnum": "exceptions_app.proposals.models.ProposalState",
        "IncidentStateEnum": "exceptions_app.incidents.models.IncidentState",
        "TaskStateEnum": "exceptions_app.cases.models.TaskState",
        "MessageStateEnum": "suppliers.messaging.models.MessageState",
        "LanguageEnum": "suppliers.profiles.Language",
        "CommandStateEnum": "erp_connectors.exchange.models.CommandState",
        "InterchangeStatusEnum": "erp_connectors.exchange.models.InterchangeStatus",
        "TransactionStatusEnum": "erp_connectors.exchange.models.TransactionStatus",
        "LimitStateEnum": "exceptions_app.policies.models.STATES",
        "DraftStateEnum": "exceptions_app.policies.draft_models.DraftState",
        "BacktestStatusEnum": "exceptions_app.backtest.models.BacktestStatus",
        "BacktestEffectEnum": "exceptions_app.api.backtests.EFFECTS",
        "ApprovalEffectEnum": "exceptions_app.api.backtests.NEEDS_EFFECTS",
    },
}

# --- Logs ---------------------------------------------------------------------------------------------------

LOGGING = logging_settings(as_json=PRODUCTION, level=env.text("RIGHTLINE_LOG_LEVEL", "INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
configure_structlog()

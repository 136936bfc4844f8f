"""Put the people's door together: routes, headers, errors, files."""

import threading
from importlib.resources import files

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api import openapi, problems
from api.access import PublicFiles
from api.body_limit import BodyLimit
from api.headers import SecureHeaders
from api.routes import (
    account_page,
    account_pages,
    accounts,
    aliyun_hooks,
    answer_page,
    audit_page,
    band_care,
    bands,
    check_in,
    consent,
    console,
    demo,
    devices,
    drills,
    elders,
    erasing,
    explanations,
    exports,
    false_alarms,
    family,
    family_links,
    health,
    hooks,
    import_page,
    imports,
    incident_lists,
    incidents,
    list_exports,
    live,
    looks,
    map_boxes,
    map_files,
    me,
    my_page,
    ogc,
    ogc_items,
    openapi_document,
    organisations,
    pairing,
    people,
    photos,
    policies,
    policy_pages,
    push,
    readiness,
    registry_history,
    retention,
    rota,
    rota_pages,
    sealed,
    service_credits,
    sign_in,
    statements,
    subscribers,
    verification,
    wristbands,
    zone_trials,
    zones,
)
from api.services import Services
from api.throttle import Throttle

#: every route of the service
ROOMS = (
    health,
    sign_in,
    account_page,
    account_pages,
    accounts,
    organisations,
    console,
    demo,
    answer_page,
    push,
    my_page,
    me,
    check_in,
    service_credits,
    statements,
    devices,
    incident_lists,
    incidents,
    bands,
    band_care,
    explanations,
    false_alarms,
    readiness,
    verification,
    drills,
    zone_trials,
    elders,
    sealed,
    photos,
    family,
    consent,
    registry_history,
    zones,
    looks,
    audit_page,
    erasing,
    exports,
    family_links,
    imports,
    import_page,
    list_exports,
    retention,
    live,
    map_boxes,
    map_files,
    ogc,
    ogc_items,
    openapi_document,
    policies,
    policy_pages,
    people,
    pairing,
    wristbands,
    rota,
    rota_pages,
    hooks,
    aliyun_hooks,
    subscribers,
)


def create_app(services: Services) -> FastAPI:
    """Return the application; SettingError when it has no key to sign with.

    Live feeds end when `app.state.closing` (a `threading.Event`) is set: set it before asking the
    server to stop, which otherwise waits for them.
    """
    services.settings.require_secret_key()
    app = FastAPI(title="121 爱回家", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.throttle = Throttle()
    app.state.name_throttle = Throttle()
    app.state.place_throttle = Throttle(tries=50)
    app.state.code_throttle = Throttle(tries=30)  # an office types many codes, and mistypes some
    app.state.closing = threading.Event()
    problems.install(app)
    openapi.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecureHeaders)
    for room in ROOMS:
        app.include_router(room.router)
    static = str(files("api").joinpath("static"))
    app.mount("/static", PublicFiles(directory=static), name="static")
    return app

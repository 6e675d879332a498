"""`/docs`: Swagger UI, whole from this process: no page of ours asks another host for anything. Addresses are relative,
so that a proxy may put it below any path.
"""

from importlib.resources import files

from fastapi import FastAPI, Response
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

OPENAPI = "openapi.json"
ASSETS = "/docs/assets"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy; Swagger UI styles by attributes."""
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>inferops: REST API</title>
<link rel="icon" href="docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<main id="swagger-ui"></main>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
"""
START = f'SwaggerUIBundle({{url: "{OPENAPI}", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null}});\n'


def add_pages(app: FastAPI) -> None:
    """Open to everybody: what they show is no secret."""

    @app.get("/docs", include_in_schema=False)
    async def read_docs() -> Response:
        return HTMLResponse(PAGE, headers={"content-security-policy": POLICY})

    @app.get("/docs/start.js", include_in_schema=False)
    async def read_start() -> Response:
        return Response(START, media_type="text/javascript")

    app.mount(ASSETS, StaticFiles(directory=str(files("fastapi_swagger") / "resources")))

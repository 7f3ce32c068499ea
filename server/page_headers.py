"""Security headers of everything that is not the GraphQL endpoint: pages, files, and errors in their place.

`Strict-Transport-Security` is left to the proxy, which alone knows whether all of a host is served over HTTPS.
"""

import base64
import hashlib
import re
from collections.abc import Mapping

FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
ALWAYS = {
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Of what is no page: if a browser shows it all the same, it may load nothing and run nothing.
INERT = ALWAYS | {"content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}
PRIVATE = INERT | {"cache-control": "no-store"}  # personal data, and what depends on the caller

SOURCE = re.compile(r"""<(script|link|style)\b([^>]*)>(.*?)(?:</\1>|(?=<))""", re.DOTALL)
ADDRESS = re.compile(r"""(?:src|href)=["'](https://[^"']+)["']""")


def of_page(html: str) -> Mapping[str, str]:
    """The headers of an HTML page: it may run its own inline scripts, by hash, and the scripts that it names."""
    scripts, styles = ["'self'"], ["'self'"]
    for kind, attributes, text in SOURCE.findall(html):
        address = ADDRESS.search(attributes)
        if address:
            (scripts if kind == "script" else styles).append(address[1])
        elif kind == "script":
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            scripts.append(f"'sha256-{digest}'")
    policy = (
        "default-src 'none'",
        f"script-src {' '.join(scripts)}",
        # Editors position their text with style attributes, which no hash can list. A style cannot run anything, and
        # nothing but this server and data: can be reached from one.
        f"style-src {' '.join(styles)} 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return ALWAYS | {
        "content-security-policy": "; ".join(policy),
        "cross-origin-opener-policy": "same-origin",
        "x-frame-options": "DENY",  # as frame-ancestors, for old browsers
    }

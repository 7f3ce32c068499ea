"""Security headers of everything that is not the GraphQL endpoint: pages, files, and errors in their place.

`Strict-Transport-Security` is left to the proxy, which alone knows whether all of a host is served over HTTPS.
"""

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

# Of what a page loads. A worker has the policy of its own script.
ASSET = ALWAYS | {"content-security-policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'"}
POLICY = (
    "default-src 'none'",
    # Not one inline: a page's scripts are files of this server, so that what is put into its HTML does not run.
    "script-src 'self'",
    # Editors position their text with style attributes and sheets, which neither hash nor nonce can list. A style
    # cannot run anything, and nothing but this server and data: can be reached from one.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
PAGE: Mapping[str, str] = ALWAYS | {
    "cache-control": "no-cache",  # a new build has other assets
    "content-security-policy": "; ".join(POLICY),
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",  # as frame-ancestors, for old browsers
}

"""Tells write functions what a request's context and the settings say."""

from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from resolvers.calling import Call, JoinLimits, OpenedSession
from resolvers.identity.attempts import AttemptLimit
from resolvers.identity.second_factors_rules import SecondFactorSettings, key_of
from schema.context import Context
from settings import LOCALHOST


def call_of(context: Context) -> Call:
    def opened(session: OpenedSession) -> None:
        context.opening = session

    context.opening = None  # of a mutation before this one, which was refused
    settings, limits = context.settings, context.settings.limits
    window = timedelta(minutes=limits.tries_minutes)
    return Call(
        viewer=context.viewer,
        apart=context.write_as_anybody or context.write,
        device=context.device,
        address=context.address,
        demonstration=settings.demo,
        minimum_age=settings.minimum_age,
        sign_ins=AttemptLimit(limits.sign_ins_to, limits.sign_ins_from, window, per_pair=limits.sign_ins),
        proofs=AttemptLimit(limits.proofs, limits.sign_ins_from, window),
        mails=AttemptLimit(limits.mails_to, limits.mails_from, window, per_pair=limits.mails),
        second_factors=second_factor_settings(
            settings.second_factor_key, settings.passkey_domain, settings.origins, settings.port
        ),
        joins=JoinLimits(settings.joins_a_day, settings.joins_at_first, settings.joins),
        takes_cookie=context.takes_cookie,
        opened=opened,
    )


@lru_cache(maxsize=16)  # every mutation takes them, and a server has one of each
def second_factor_settings(key: str | None, domain: str, origins: frozenset[str], port: int) -> SecondFactorSettings:
    """Passkeys belong to the domain, and are accepted from its pages and those of its subdomains."""
    hosts = {origin: urlsplit(origin).hostname or "" for origin in origins}
    listed = [origin for origin, host in hosts.items() if host == domain or host.endswith(f".{domain}")]
    own = f"http://{domain}:{port}" if domain == LOCALHOST else f"https://{domain}"
    return SecondFactorSettings(key_of(key), domain, tuple(sorted({own, *listed})))

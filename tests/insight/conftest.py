"""A dataset that the tests of a module share."""

from dataclasses import dataclass

import pytest_asyncio

from tests.support.network import Network
from tests.support.population import Crowd, closed
from tests.support.publishable import gathered


@dataclass(frozen=True)
class Unsold:
    """A dataset from which nothing is published but what was when its survey closed, and who is in it."""

    respondents: Crowd
    dataset: str


@pytest_asyncio.fixture(scope="module")
async def unsold(network: Network) -> Unsold:
    """Yields a dataset that tests quote, and that refused requests are about."""
    respondents = await gathered(network)
    return Unsold(respondents, await closed(network, respondents))

"""Types of write functions' parameters that the graph parses specially: ids of rows, and e-mail addresses."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple, NewType, TypeAlias
from uuid import UUID

NO_ROW = UUID(int=0)  # the id of no row: random ids are never zero
NO_NUMBER = 0  # nor the number of any, which count from 1

EmailAddress = NewType("EmailAddress", str)  # in lower case, with an ASCII domain; schema/scalars.py parses it


@dataclass(frozen=True)
class AccountAddress:
    """An e-mail address by which an existing account is found, even if a new account could not have it.

    `forms` are those in which it may be stored, in lower case, as written first. `canonical` is one of them, the same
    for every form. `valid` is None for an address that is accepted only where it is stored already.
    """

    forms: tuple[str, ...]
    canonical: str
    valid: EmailAddress | None


@dataclass(frozen=True)
class Id:
    """Marks a parameter as an id of the graph with one of `prefixes`.

    An id that has none of them names no row. It is refused as NOT_FOUND, with NO_ROW as its stand-in, or, where
    `or_none`, passed on as None.
    """

    prefixes: tuple[str, ...]
    or_none: bool = False


class NodeId(NamedTuple):
    """The key of a row, and the prefix that identifies its type."""

    prefix: str
    key: UUID


ApiKeyId: TypeAlias = Annotated[UUID, Id(("key",))]
AppealId: TypeAlias = Annotated[UUID, Id(("apl",))]
CareLinkId: TypeAlias = Annotated[UUID, Id(("lnk",))]
CommunityId: TypeAlias = Annotated[UUID, Id(("com",))]
ConditionId: TypeAlias = Annotated[UUID, Id(("con",))]
CourseId: TypeAlias = Annotated[UUID, Id(("crs",))]
DataUseNumber: TypeAlias = Annotated[int, Id(("use",))]
DatasetId: TypeAlias = Annotated[UUID, Id(("dst",))]
DiscussionId: TypeAlias = Annotated[UUID, Id(("dis",))]
FlagId: TypeAlias = Annotated[UUID, Id(("flg",))]
IndicatorId: TypeAlias = Annotated[UUID, Id(("ind",))]
LicenceId: TypeAlias = Annotated[UUID, Id(("lic",))]
MemberId: TypeAlias = Annotated[UUID, Id(("mbr",))]
ObservationId: TypeAlias = Annotated[UUID, Id(("obs",))]
OwnCourseId: TypeAlias = Annotated[UUID, Id(("ocr",))]
OwnIndicatorId: TypeAlias = Annotated[UUID, Id(("own",))]
OwnObservationId: TypeAlias = Annotated[UUID, Id(("oob",))]
OwnTreatmentId: TypeAlias = Annotated[UUID, Id(("otr",))]
PostId: TypeAlias = Annotated[UUID, Id(("pst",))]
ProposalId: TypeAlias = Annotated[UUID, Id(("prp",))]
OrganizationUserId: TypeAlias = Annotated[UUID, Id(("usr",))]
SecondFactorId: TypeAlias = Annotated[UUID, Id(("sfa",))]
SessionId: TypeAlias = Annotated[UUID, Id(("ses",))]
StaffId: TypeAlias = Annotated[UUID, Id(("stf",))]
SurveyId: TypeAlias = Annotated[UUID, Id(("svy",))]
TreatmentId: TypeAlias = Annotated[UUID, Id(("trt",))]
WebhookId: TypeAlias = Annotated[UUID, Id(("whk",))]

EntryId: TypeAlias = Annotated[NodeId, Id(("con", "ind", "trt"))]  # an entry of the catalogue
TopicId: TypeAlias = Annotated[NodeId, Id(("trt", "ind"))]  # what a discussion is about

# For write functions that report everything wrong with an input at once.
IndicatorIdOrNone: TypeAlias = Annotated[UUID | None, Id(("ind",), or_none=True)]
NotificationIdOrNone: TypeAlias = Annotated[UUID | None, Id(("ntf",), or_none=True)]
ProposalIdOrNone: TypeAlias = Annotated[UUID | None, Id(("prp",), or_none=True)]

"""Mutations of notifications."""

from resolvers.identity import members
from resolvers.identity import notifications_mutations as notifications
from schema.access import PATIENT
from schema.identity.accounts import Notification
from schema.mutations import mutation, mutations, shown


@mutations
class NotificationMutations:
    notifications_read = mutation(
        notifications.read_notifications,
        "Mark notifications as read. If one is refused, none is marked.",
        only=PATIENT,
        rate="changes",
        shows={"notifications": shown(list[Notification], members.notifications_made)},
        notifications=f"The ids of the notifications, at most {notifications.NOTIFICATIONS}.",
    )

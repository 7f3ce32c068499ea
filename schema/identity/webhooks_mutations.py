"""Mutations of organizations' webhooks and of the mails to their people."""

from models.identity.organization_users import UserRole
from resolvers.identity import webhooks as resolve
from resolvers.identity import webhooks_mutations as write
from resolvers.identity.webhooks_rules import ROTATION
from resolvers.public_hosts import MOST_CHARACTERS, PORTS
from schema.access import BUYER
from schema.identity.webhooks import Webhook, WebhookDelivery
from schema.mutations import Options, given, given_id, mutation, mutations, shown

OWN = "One of the organization's own webhooks."
HOURS = f"{ROTATION.total_seconds() / 3600:.0f} hours"
SHOWN_ONCE = (
    "The secret that signs deliveries, in the format of Standard Webhooks. Shown only once. Null if the mutation was "
    "refused, or if the request repeats an earlier one."
)


@mutations
class WebhookMutations:
    webhook_create = mutation(
        write.create_webhook,
        f"Create a webhook, to which events are sent as they happen: at most {write.MOST} for an organization.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={
            "webhook": shown(Webhook, resolve.webhook_of),
            "secret": given(str, SHOWN_ONCE),
        },
        options=Options(read_by="webhook_id"),
        url="The address: `https://`, a host of the public internet by its domain name, port "
        f"{' or '.join(map(str, PORTS))}, no credentials, and at most {MOST_CHARACTERS} characters.",
        description=f"A name for it: a single line of at most {write.DESCRIPTION_LENGTH} characters.",
        events="The events to send: at least one.",
    )
    webhook_test = mutation(
        write.queue_test,
        "Send a message of type `ping` to a webhook, once, even if it is paused. A failure does not disable the "
        "webhook.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"delivery": shown(WebhookDelivery, resolve.delivery_of, "The test. Read it again to see its result.")},
        webhook=OWN,
    )
    webhook_rotate = mutation(
        write.rotate_webhook,
        f"Replace the secret of a webhook. For {HOURS}, deliveries are also signed with the previous one.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"webhook": shown(Webhook, resolve.webhook_of), "secret": given(str, SHOWN_ONCE)},
        webhook=OWN,
    )
    webhook_pause = mutation(
        write.pause_webhook,
        "Pause a webhook. Pending deliveries are cancelled, and events that happen while it is paused are never sent.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"webhook": shown(Webhook, resolve.webhook_of)},
        webhook=OWN,
    )
    webhook_resume = mutation(
        write.resume_webhook,
        "Resume a webhook that is paused or disabled. Only events from now on are sent.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"webhook": shown(Webhook, resolve.webhook_of)},
        webhook=OWN,
    )
    webhook_delete = mutation(
        write.delete_webhook,
        "Delete a webhook, with its deliveries.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"webhook_id": given_id("whk", "The id of the deleted webhook.")},
        options=Options(read_by="deleted", payload="Without errors, nothing is sent to it from now on."),
        webhook=OWN,
    )
    mailed_events_choose = mutation(
        write.choose_mailed_events,
        "Choose the events that the viewer gets mail about. Mail about the account and its webhooks is always sent.",
        only=BUYER,
        user_role=UserRole.READER,
        rate="changes",
        events="The events. An empty list chooses none.",
    )

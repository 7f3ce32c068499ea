// The events that are sent to webhooks and mailed, in the order in which they are shown.

import type { OrganizationEvent } from "../../../../generated/buyer";

export const EVENTS: readonly OrganizationEvent[] = ["INSIGHT_PUBLISHED", "LICENCE_DECIDED", "DATASET_FROZEN"];

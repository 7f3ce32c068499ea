"""Mutations that make datasets: closing a survey, and freezing a wave of a community's tracking."""

from models.identity.accounts import StaffRole
from privacy.budget import CAP, FLOOR, HALF_CAP, LEAST_CAP, TERM_DAYS, TWICE_A_YEAR, WAVES_YEARLY
from resolvers.insight import datasets, freezing
from resolvers.insight import datasets_mutations as write
from resolvers.research import surveys
from schema.access import MANAGER
from schema.insight.datasets import Dataset
from schema.mutations import Options, mutation, mutations, shown
from schema.research.surveys import Survey


@mutations
class DatasetMutations:
    survey_close = mutation(
        write.close_survey,
        "Close a survey before its last day. Within minutes, its answers are frozen into a dataset and deleted. Then "
        "`Survey.dataset` is set, or `Survey.noDataset` says why there is none.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows={"survey": shown(Survey, surveys.survey_of)},
        options=Options(as_publisher=True),
        survey="The survey.",
    )
    wave_freeze = mutation(
        write.freeze_tracking,
        f"Freeze what a community's patients track into a dataset that can be queried for {TERM_DAYS} days. Its "
        "records are made in the background: query `Dataset.progress` until `Dataset.status` is OPEN, or TOO_SMALL "
        f"if fewer than {FLOOR} were enrolled. Measuring its size is charged in either case.",
        only=MANAGER,
        staff_role=StaffRole.SURVEY_MANAGER,
        rate="staff",
        shows={"dataset": shown(Dataset, datasets.dataset_of, "The dataset. Null if the mutation was refused.")},
        options=Options(as_publisher=True),
        community="The community whose tracking is frozen.",
        wave=f"A name for the wave, such as `2026`: at most {freezing.WAVE_LENGTH} characters.",
        offered_to="The kinds of organization that may query the dataset, at least one. Members who consent to all of "
        "them are enrolled.",
        cap=f"The dataset's privacy budget, in micro-rho: at least {LEAST_CAP:,}. Members whose allowance does not "
        f"cover it are left out. The budgets of a community's waves add up to at most {WAVES_YEARLY:,} within a "
        f"year. Defaults to {CAP:,}, or to {HALF_CAP:,} in a community of {TWICE_A_YEAR:,} members or more.",
    )

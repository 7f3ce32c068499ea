"""Reads the variables of datasets and their categories, with what describes them: never a figure about members."""

from sqlalchemy import ARRAY, Text, and_, case, cast, func, literal, literal_column, null, or_, true
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, array

from models.insight import datasets as tables
from models.rows import Expression, Row, Rows, Value, ViewerIds, row, select, translated, word
from models.tracking.observations import Indicator, IndicatorKind
from models.tracking.treatments import Treatment
from privacy.described import DescribedEnum
from privacy.domains import DomainRule
from resolvers.insight.variable_texts import MOST, NAME, Form, texts_of
from resolvers.lookup import computed_once

PROFILE = (DomainRule.AGE, DomainRule.SEX, DomainRule.REGION, DomainRule.KIND, DomainRule.DIAGNOSIS)
QUESTIONS = (DomainRule.CHOICE, DomainRule.NUMBER, DomainRule.DAY)
TREATMENTS = (
    DomainRule.FIRST_TREATMENT,
    DomainRule.TREATMENTS,
    DomainRule.COURSE,
    DomainRule.EFFECTIVENESS,
    DomainRule.SIDE_EFFECTS,
)
INDICATORS = (DomainRule.LEVEL, DomainRule.CHANGE, DomainRule.MONTHS)
CUT = (DomainRule.NUMBER, DomainRule.LEVEL, DomainRule.MONTHS)  # whose texts depend on how the numbers were cut
UNIT_CODES = {DomainRule.AGE: "a", DomainRule.DIAGNOSIS: "a", DomainRule.DAY: "d"}  # of UCUM
HALF: Expression = literal_column("0.5")
SPACE: Expression = literal_column("' '")
FRENCH: Expression = literal_column("'fr'")
LABEL: Expression = literal_column("'label'")
NAMED: Expression = literal_column("'name'")
PLAIN: Expression = literal_column("''")  # the groups of a variable that is no grouping


class VariableGroup(DescribedEnum):
    """What a variable is about."""

    PROFILE = "PROFILE", "The member: age, sex, region, kind, and time since the diagnosis."
    TREATMENT = "TREATMENT", "Treatments: courses, effectiveness and side effects."
    SYMPTOM = "SYMPTOM", "A symptom that members track."
    MOOD = "MOOD", "A mood that members track."
    QUALITY_OF_LIFE = "QUALITY_OF_LIFE", "An aspect of quality of life that members track."
    MEASUREMENT = "MEASUREMENT", "A measured quantity that members track."
    SCORE = "SCORE", "The score of a clinical questionnaire that members track."
    QUESTION = "QUESTION", "A question of the survey."


class MeasurementScale(DescribedEnum):
    """The scale of measurement of a variable's categories, UNKNOWN aside."""

    NOMINAL = "NOMINAL", "Names, in no order."
    ORDINAL = "ORDINAL", "In order, without values: shares can be cumulated, but no mean exists."
    INTERVAL = "INTERVAL", "In order, each with a value on one scale: a mean and a median exist."


class Direction(DescribedEnum):
    """What a higher value of a variable means to the member."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER", "A higher value is better."
    HIGHER_IS_WORSE = "HIGHER_IS_WORSE", "A higher value is worse, as of a symptom's severity."


class CodeSystem(DescribedEnum):
    """A system of codes."""

    HPO = "HPO", "Human Phenotype Ontology, such as `HP:0012378`."
    LOINC = "LOINC", "Logical Observation Identifiers Names and Codes, such as `2345-7`."
    UCUM = "UCUM", "Unified Code for Units of Measure, such as `mm[Hg]`: the unit of the values."
    ATC = "ATC", "Anatomical Therapeutic Chemical classification, such as `L04AX03`."
    CIS = "CIS", "Code of a medicine in France's public database of medicines."


def variables_of(dataset: Row, *, search: Value[str] | None = None, group: VariableGroup | None = None) -> Rows:
    """Variables in the dataset's order, without groupings; of one group or those that `search` matches, if given."""
    variable = row(tables.Variable)
    found = select(variable).where(variable.dataset_id == dataset.id, variable.groups == PLAIN)
    found = found.order_by(variable.position)
    if group is not None:
        found = found.where(group_of(variable) == word(group.value))
    return found if search is None else found.where(_matches(variable, search))


def variables() -> Rows:
    """The variables of every dataset that the viewer may read."""
    variable, dataset = row(tables.Variable), row(tables.Dataset)
    return select(variable).join(dataset, dataset.id == variable.dataset_id)


def groupings_of(variable: Row) -> Rows:
    """The groupings of the variable's categories that insights have used; none of a grouping."""
    grouping = row(tables.Variable)
    found = select(grouping).where(
        *_shares_name(grouping, variable), grouping.groups != PLAIN, variable.groups == PLAIN
    )
    return found.order_by(grouping.position)


def grouping_of(variable: Row) -> Rows:
    """The variable whose categories a grouping merges; no row for others."""
    base = row(tables.Variable)
    return select(base).where(*_shares_name(base, variable), base.groups == PLAIN, variable.groups != PLAIN)


def categories_of(variable: Row) -> Rows:
    """Categories in their order."""
    category = row(tables.Category)
    return select(category).where(*_is_of(category, variable)).order_by(category.place)


def group_of(variable: Row) -> Expression:
    """A VariableGroup."""
    indicator = row(Indicator)
    kind = _of_subject(variable, indicator, cast(indicator.kind, Text))
    groups = (
        (PROFILE, VariableGroup.PROFILE),
        (QUESTIONS, VariableGroup.QUESTION),
        (TREATMENTS, VariableGroup.TREATMENT),
    )
    named = [(_has_rule(variable, *rules), word(group.value)) for rules, group in groups]
    return case(*named, else_=func.coalesce(kind, word(VariableGroup.MEASUREMENT.value)))


def scale_of(variable: Row) -> Expression:
    """A MeasurementScale."""
    category = row(tables.Category)
    valued = select(category.place).where(*_is_of(category, variable), category.value.is_not(None)).exists()
    nominal, ordinal, interval = (word(each.value) for each in MeasurementScale)
    return case((~variable.ordinal, nominal), (valued, interval), else_=ordinal)


def direction_of(variable: Row) -> Expression:
    """HIGHER_IS_WORSE of symptoms, HIGHER_IS_BETTER of effectiveness, and null where the catalogue does not say."""
    indicator = row(Indicator)
    is_symptom = (
        select(indicator.id)
        .where(indicator.id == variable.subject_id, indicator.kind == IndicatorKind.SYMPTOM)
        .exists()
    )
    better, worse = (word(each.value) for each in Direction)
    return case(
        (_has_rule(variable, DomainRule.EFFECTIVENESS), better),
        (and_(_has_rule(variable, *INDICATORS), is_symptom), worse),
    )


def description_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """A text in the language of the viewer."""
    several = _has_rule(variable, DomainRule.CHOICE) & (variable.max_per_member > literal_column("1"))
    key = case((several, word(f"{DomainRule.CHOICE}_{Form.SEVERAL}")), else_=_rule(variable))
    base = row(tables.Variable)  # whose rule it is: a grouping may have fewer groups than that
    several_of = select(base.max_per_member).where(*_shares_name(base, variable), base.groups == PLAIN)
    most = func.replace(
        _text("description", key, viewer), literal_column(f"'{MOST}'"), cast(several_of.scalar_subquery(), Text)
    )
    return func.replace(most, literal_column(f"'{NAME}'"), _subject_name(variable, viewer))


def window_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """The days that values are taken from, as a text in the language of the viewer; null if there are none."""
    return _text("window", _rule(variable), viewer)


def baseline_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """What values are compared with, as a text in the language of the viewer; null if with nothing."""
    return _text("baseline", _rule(variable), viewer)


def categorization_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """How values become categories, as a text in the language of the viewer; null if they are categories."""
    first = row(tables.Category)
    # As `privacy.bands.levels` cuts whole numbers; the first category shows how the rest were cut.
    is_whole = and_(
        first.value == func.floor(first.value),
        first.low == first.value - HALF,
        first.high == first.value + HALF,
    )
    is_first = first.place == literal_column("0")
    whole = select(first.place).where(*_is_of(first, variable), is_first, is_whole).exists()
    form = case((whole, word(f"_{Form.WHOLE}")), else_=word(f"_{Form.BANDS}"))
    key = case(
        (variable.groups != PLAIN, word(Form.GROUPS.value)),
        (_has_rule(variable, *CUT), _rule(variable).concat(form)),
        else_=_rule(variable),
    )
    return _text("categorization", key, viewer)


def question_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """The question as it was asked, in the language of the viewer; null unless the variable is one."""
    return case((_has_rule(variable, *QUESTIONS), translated(variable, "label", viewer.language)))


def unit_of(variable: Row, *, viewer: ViewerIds) -> Expression:
    """The unit of values, in the language of the viewer; null if they have none."""
    indicator = row(Indicator)
    unit = _of_subject(variable, indicator, translated(indicator, "unit", viewer.language))
    tracked = case((_has_rule(variable, *INDICATORS), unit))
    return func.coalesce(_text("unit", _rule(variable), viewer), tracked)


def codes_of(variable: Row) -> Rows:
    """The codes of the indicator or treatment that a variable is about, and of its unit."""
    unit = case(
        *((_has_rule(variable, rule), word(code)) for rule, code in UNIT_CODES.items()),
        else_=cast(null(), Text),
    )
    return _codes(variable.subject_id, unit)


def codes_of_category(category: Row) -> Rows:
    """The codes of the treatment or side effect that a category stands for."""
    variable, indicator, treatment = row(tables.Variable), row(Indicator), row(Treatment)
    slug = func.lower(func.replace(category.code, literal_column("'_'"), literal_column("'-'")))
    # Each correlated explicitly: the category's row may be that of a statement further out.
    of_treatment = select(treatment.id).where(treatment.slug == slug).correlate_except(treatment).scalar_subquery()
    of_effect = select(indicator.id).where(indicator.slug == slug).correlate_except(indicator).scalar_subquery()
    subject = (
        select(
            case(
                (_has_rule(variable, DomainRule.FIRST_TREATMENT, DomainRule.TREATMENTS), of_treatment),
                (_has_rule(variable, DomainRule.SIDE_EFFECTS), of_effect),
            )
        )
        .where(variable.dataset_id == category.dataset_id, variable.position == category.variable)
        .correlate_except(variable)
        .scalar_subquery()
    )
    return _codes(subject, None)


def _codes(subject: Expression, unit: Expression | None) -> Rows:
    """The codes of an indicator or treatment; `unit` takes precedence over the indicator's, and None omits units."""
    indicator, treatment = row(Indicator), row(Treatment)
    about = func.unnest(array([subject])).table_valued("id").render_derived(name="about")
    values = {
        CodeSystem.HPO: indicator.hpo,
        CodeSystem.LOINC: indicator.loinc,
        CodeSystem.UCUM: cast(null(), Text) if unit is None else func.coalesce(unit, indicator.ucum),
        CodeSystem.ATC: treatment.atc,
        CodeSystem.CIS: treatment.national_code,
    }
    systems: Expression = cast(array([each.value for each in values]), ARRAY(Text))
    coded = (
        func.unnest(systems, array(list(values.values())))
        .table_valued("system", "code", with_ordinality="place")
        .render_derived(name="coded")
    )
    return (
        select(coded.c.system.label("system"), coded.c.code.label("code"))
        .select_from(about)
        .outerjoin(indicator, indicator.id == about.c.id)
        .outerjoin(treatment, treatment.id == about.c.id)
        .join(coded, true())
        .where(coded.c.code.is_not(None))
        .order_by(coded.c.place)
    )


def _matches(variable: Row, search: Expression) -> Expression:
    """Whether the variable has each word: of its label or name, or of a name or code of what it is about."""
    indicator, treatment = row(Indicator), row(Treatment)
    labels = func.jsonb_build_object(
        FRENCH, func.jsonb_build_object(NAMED, variable.translations[FRENCH].op("->>")(LABEL))
    )
    codes = [_of_subject(variable, indicator, each) for each in (indicator.hpo, indicator.loinc, indicator.ucum)]
    codes += [_of_subject(variable, treatment, each) for each in (treatment.atc, treatment.national_code)]
    further = func.concat_ws(SPACE, variable.name, *codes)
    words: Expression = func.catalog.entry_words(variable.label, cast(null(), ARRAY(Text)), labels, further)
    for each in (indicator, treatment):
        words = words.concat(
            func.coalesce(_of_subject(variable, each, each.search), cast(literal_column("''"), TSVECTOR))
        )
    return words.bool_op("@@")(computed_once(func.catalog.search_query(search)))


def _of_subject(variable: Row, entry: Row, value: Expression) -> Expression:
    return select(value).where(entry.id == variable.subject_id).scalar_subquery()


def _subject_name(variable: Row, viewer: ViewerIds) -> Expression:
    """The name of the indicator or treatment; the question's words, or else the variable's label."""
    named = [
        _of_subject(variable, each, translated(each, "name", viewer.language))
        for each in (row(Indicator), row(Treatment))
    ]
    return func.coalesce(*named, translated(variable, "label", viewer.language))


def _is_of(category: Row, variable: Row) -> tuple[Expression, ...]:
    return category.dataset_id == variable.dataset_id, category.variable == variable.position


def _has_rule(variable: Row, *rules: DomainRule) -> Expression:
    return or_(*(variable.rule == rule for rule in rules))


def _shares_name(other: Row, variable: Row) -> tuple[Expression, ...]:
    return other.dataset_id == variable.dataset_id, other.name == variable.name


def _rule(variable: Row) -> Expression:
    return cast(variable.rule, Text)


def _text(field: str, key: Expression, viewer: ViewerIds) -> Expression:
    """A text of `variable_texts` in the viewer's language; null if the rule has none."""
    texts = cast(literal(texts_of(field), Text), JSONB)[viewer.language]
    return computed_once(texts).op("->>")(key)

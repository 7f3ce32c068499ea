"""The requirements of the specifications on a server, each with the test or the reason that it is met."""

from dataclasses import dataclass

from tests.specification.test_documents import LANGUAGE, VALIDATION


@dataclass(frozen=True)
class Requirement:
    """A MUST of a section, in short, with the tests that hold the server to it, or the reason why none does."""

    id: str
    text: str
    tests: tuple[str, ...] = ()  # "file.py: test_name"
    reason: str = ""

    @property
    def shown(self) -> str:
        return self.reason or ", ".join(f"`{test}`" for test in self.tests)


def held(id: str, text: str, *tests: str) -> Requirement:
    return Requirement(id, text, tests)


def explained(id: str, text: str, reason: str) -> Requirement:
    return Requirement(id, text, reason=reason)


DOC = "test_documents.py: test_a_document_that_breaks_a_rule_is_not_executed"
TEXT = "test_documents.py: test_a_text_that_is_no_document_is_a_syntax_error"
MAP = "test_responses.py: test_every_response_is_a_map_of_data_or_errors"
CONFORM = "test_nodes.py: test_every_field_returns_what_its_type_promises"
RANDOM = "test_random_inputs.py: test_random_operations_fit_the_schema"
VARIABLES = "test_responses.py: test_variables_that_do_not_fit_their_type_are_a_request_error"
IGNORED = "test_responses.py: test_descriptions_comments_and_ignored_characters_change_nothing"
KINDS = "test_responses.py: test_introspection_has_for_each_kind_of_type_what_it_must_have"
SAME = "test_responses.py: test_introspection_and_the_printed_sdl_are_the_same_schema"
SCHEMA = "test_responses.py: test_each_view_is_a_valid_schema"
SERIAL = "test_responses.py: test_mutations_of_an_operation_run_one_after_the_other"
NAMED = "test_responses.py: test_an_operation_is_selected_by_its_name"
SLOW = "test_payloads.py: test_a_slow_selection_is_an_error_at_its_path_beside_the_payload"
BODY = "test_edge.py: test_an_invalid_body_is_a_bad_request"
NULLS = "test_payloads.py: test_fields_beside_a_slow_selection_are_returned"
OTHERS = "test_payloads.py: test_a_failing_mutation_leaves_the_payloads_of_the_others"

DOCUMENTS = [held(f"2 {section}", "A text that breaks the grammar is a syntax error.", TEXT) for section in LANGUAGE]
RULES = [held(f"5 {section}", "A document that breaks the rule is not executed.", DOC) for section in VALIDATION]

GRAPHQL = [
    *DOCUMENTS,
    held("2 Descriptions", "Descriptions change nothing.", IGNORED),
    held("2 Document", "Of several operations, the request names one.", NAMED),
    explained("2 Schema Coordinates", "How a coordinate is written.", "The server reads and writes none."),
    held("3 Type System", "Every rule of type validation holds.", SCHEMA),
    held(
        "3 Scalars",
        "Values are coerced by their type, or refused.",
        "test_scalars.py: test_invalid_values_are_refused_without_being_repeated",
        VARIABLES,
    ),
    held(
        "3 Objects",
        "Fields are returned in the order of the document.",
        "test_responses.py: test_fields_are_returned_in_the_order_of_the_document",
    ),
    held("3 Types", "Every value that is returned is of its declared type.", CONFORM, RANDOM),
    held(
        "3 Input Objects",
        "Unknown and missing fields of variables are refused.",
        "test_refusals.py: test_a_misfitting_field_of_a_variable_is_named",
    ),
    explained("3 OneOf Input Objects", "Exactly one field is given.", "No view has such an input."),
    held("4 Schema Introspection", "Introspection returns all types, fields, values and directives.", SAME),
    held("4 The __Type Type", "Each kind of type has its entries, and null in all others.", KINDS),
    held("4 The __Type Type", "`isOneOf` is null for what is no input.", KINDS),
    explained(
        "4 Schema Introspection",
        "Introspection is served.",
        "Strangers outside a demonstration read the SDL at `/schema/public.graphql` instead.",
    ),
    *RULES,
    explained(
        "5 Operation Type Existence",
        "The schema has a root for the operation.",
        "Where a view has no subscriptions, they are refused: `test_a_view_without_subscriptions_refuses_them`.",
    ),
    held(
        "3 Int",
        "Values that are no integers of 32 bits are refused.",
        "test_execution.py: test_an_argument_of_another_type_is_refused",
    ),
    held(
        "3 Enums",
        "A literal is a name, never a string; a variable is a string of a name.",
        "test_execution.py: test_an_enum_value_is_a_name_in_a_document_and_a_string_in_variables",
    ),
    held(
        "3 List",
        "One value, as a literal or a variable, counts as a list of it, at each level.",
        "test_execution.py: test_one_value_counts_as_a_list_of_it",
    ),
    held(
        "3 List",
        "Null is no list, and null in a list of what is not null is refused.",
        "test_execution.py: test_null_is_no_list_of_null_and_a_list_may_be_empty",
    ),
    held(
        "3 @skip, @include",
        "A selection is there if it is included and not skipped; neither has precedence.",
        "test_execution.py: test_a_selection_is_there_if_it_is_included_and_not_skipped",
        "test_execution.py: test_a_field_that_is_skipped_once_stays_where_it_is_selected_again",
    ),
    held(
        "6 Coercing Variable Values",
        "A default stands for a value that is missing, and not for null.",
        "test_execution.py: test_a_variable_without_a_value_leaves_the_default",
    ),
    held(
        "6 Coercing Field Arguments",
        "A variable without a value leaves the argument's default.",
        "test_execution.py: test_a_variable_without_a_value_leaves_the_default",
    ),
    held(
        "6 Merging Selection Sets",
        "Fields of one key are returned once, with all that they select; conflicts are refused.",
        "test_execution.py: test_fields_of_one_key_are_merged_with_all_that_they_select",
    ),
    held(
        "6 Field Collection",
        "A fragment applies to objects of its type, and to those of an interface.",
        "test_execution.py: test_a_fragment_applies_to_objects_of_its_type",
    ),
    held(
        "6 Handling Execution Errors",
        "An error of a field that is never null makes its parent null, up to the nearest position that may be.",
        "test_execution.py: test_an_error_of_a_field_that_is_never_null_makes_its_parent_null",
        "test_execution.py: test_an_error_goes_up_to_the_nearest_position_that_may_be_null",
    ),
    held("6 Executing Requests", "An operation is selected by its name, or is the only one.", NAMED),
    held("6 Validating Requests", "A document with validation errors is not executed.", DOC),
    held("6 Coercing Variable Values", "A variable that does not fit is a request error.", VARIABLES),
    held("6 Mutation", "Mutations of an operation run in order, one at a time.", SERIAL),
    held(
        "6 Subscription",
        "A stream that fails completes with the error; one that is cancelled completes.",
        "test_event_streams.py: test_a_stream_ends_with_an_error_if_events_may_have_been_missed",
        "test_sockets.py: test_completing_an_unknown_operation_does_nothing",
    ),
    held("6 Field Collection", "Fragments and directives are applied; fields of one key are merged.", RANDOM),
    held(
        "6 Handling Execution Errors",
        "An error makes its nullable position null, and stands in errors.",
        SLOW,
        NULLS,
        OTHERS,
    ),
    held("7 Response Format", "The result is a map of data, errors and extensions, and of nothing else.", MAP),
    held("7 Request Error Result", "A request error has errors, and no data.", MAP, BODY),
    held("7 Execution Result", "Errors are present only if there are some.", MAP),
    held("7 Errors", "An error has a message, and the path of its field.", MAP, SLOW),
    held("7 Extensions", "Extensions are a map.", MAP),
]
HTTP = [
    held(
        "URL",
        "The schema is served at a URL.",
        "test_edge.py: test_a_read_is_one_statement_whose_json_is_returned_unchanged",
    ),
    explained(
        "URL",
        "A URL serves a schema.",
        "`/graphql` serves each caller the schema of their view, which the text allows.",
    ),
    held("Serialization Format", "JSON is supported.", MAP),
    held(
        "Media Types",
        "UTF-8 is assumed where no encoding is named.",
        "test_edge.py: test_empty_parameters_count_as_missing",
    ),
    held(
        "Request",
        "POST is accepted; other methods get 405 with Allow.",
        "test_edge.py: test_other_methods_are_refused_with_the_allowed_ones",
    ),
    explained("Accept", "A client names the media types that it supports.", "A requirement on clients."),
    held(
        "GET",
        "Parameters are read from the URL; variables and extensions are JSON.",
        "test_edge.py: test_a_get_may_query_with_a_header_that_prevents_cross_site_requests",
        "test_edge.py: test_a_get_with_invalid_json_parameters_is_a_bad_request",
    ),
    held(
        "GET",
        "A mutation gets 405, with Allow, and is not executed.",
        "test_edge.py: test_a_mutation_by_get_is_refused",
    ),
    held(
        "POST",
        "A body in JSON and UTF-8 is read; others get 415.",
        "test_edge.py: test_a_body_of_another_media_type_is_not_read",
        "test_edge.py: test_a_chunked_body_is_assembled",
    ),
    held(
        "JSON Encoding",
        "Parameters have their types, and null is the same as missing.",
        BODY,
        "test_edge.py: test_empty_parameters_count_as_missing",
    ),
    held("JSON Encoding", "Unknown properties are ignored.", "test_edge.py: test_empty_parameters_count_as_missing"),
    held("Response", "A well-formed request gets a well-formed response.", MAP),
    held("Body", "Content-Type names the media type of the response.", MAP),
    held(
        "Body",
        "The preferred supported type of Accept is sent; 406 if there is none.",
        "test_edge.py: test_the_response_has_the_preferred_media_type",
        "test_edge.py: test_an_unsupported_media_type_is_refused",
    ),
    held("Status Codes", "With data, the status is 2xx; without, 4xx or 5xx.", MAP, BODY),
    explained(
        "Status Codes",
        "A response that is no GraphQL response is not of the GraphQL type.",
        "Every error of `/graphql` is a well-formed response with errors.",
    ),
]

SPECIFICATIONS = {"GraphQL, September 2025": GRAPHQL, "GraphQL over HTTP, draft": HTTP}

// What pages import: the hooks that read and change the graph, texts and formats, and the components that pages share, each of
// which has a file here. Components that few pages load stay apart: Markdown and charts.

export type { PageProps } from "../app/route";
export { useSession } from "../app/session";
export { useFresh } from "../graph/fresh";
export { carryOut, useAction, useLive, useRead, type Failure, type Mutation, type Payload, type Refusal } from "../graph/hooks";
export { usePolled } from "../graph/polled";
export { isolated } from "../text/isolated";
export { LOCALES, useFormats, useLanguage, useLanguageCode, useWords, type Language } from "../text/words";

export { AccountLanguage } from "./AccountLanguage";
export { Button } from "./Button";
export { Check, Choice } from "./Choice";
export { Confirm, Refused } from "./Confirm";
export { DemonstrationMail } from "./DemonstrationMail";
export { Dialog, DialogButton } from "./Dialog";
export { Done, useDone } from "./Done";
export { forgetDraft } from "./drafts";
export { Facts, type Fact } from "./Facts";
export { CheckField, ChecksField, Hint, optionsOf, RadioField, Refusals, SelectField, TextField, ticked } from "./Field";
export { Form, useRefusals, valuesOf, type Values } from "./Form";
export { Loading } from "./Loading";
export { Meter } from "./Meter";
export { ConfirmButton, MutationButton, MutationConfirm, MutationForm } from "./Mutation";
export { Missing } from "./Missing";
export { useNarrow } from "./narrow";
export { Notice } from "./Notice";
export { Paged, usePaged, usePages, useTurns, type PageOf } from "./Pager";
export { PageTitle } from "./PageTitle";
export { Picker } from "./Picker";
export { Places } from "./Places";
export { Prose } from "./Prose";
export { Raw } from "./Raw";
export { ScaleField, TEN } from "./ScaleField";
export { SearchBox } from "./SearchBox";
export { Section } from "./Section";
export { Shown } from "./Shown";
export { Table, type Column } from "./Table";
export { VisitorsPage } from "./VisitorsPage";

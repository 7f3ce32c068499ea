// The components that pages share, each of which has a file here. Those that few pages load stay apart: Markdown and charts.

export { AccountLanguage } from "./AccountLanguage";
export { Button } from "./Button";
export { ChecksField, ticked } from "./ChecksField";
export { Choice } from "./Choice";
export { Confirm, Refused } from "./Confirm";
export { DemonstrationMail } from "./DemonstrationMail";
export { Dialog } from "./Dialog";
export { Done, useDone } from "./Done";
export { Facts, type Fact } from "./Facts";
export { CheckField, Hint, optionsOf, RadioField, Refusals, SelectField, TextField, useField } from "./Field";
export { Form, useRefusals, type Values } from "./Form";
export { Loading } from "./Loading";
export { Meter } from "./Meter";
export { ConfirmButton, MutationButton, MutationConfirm, MutationForm } from "./Mutation";
export { Notice } from "./Notice";
export { Paged, Pager, usePaged, usePages, type PageOf } from "./Pager";
export { PageTitle } from "./PageTitle";
export { Picker } from "./Picker";
export { Places } from "./Places";
export { Prose } from "./Prose";
export { ScaleField, TEN } from "./ScaleField";
export { SearchBox } from "./SearchBox";
export { Section } from "./Section";
export { Shown } from "./Shown";
export { Table } from "./Table";
export { VisitorsPage } from "./VisitorsPage";

// What a component can be configured with. These names are camelCase on the wire as well.
export type Scalar = string | number | boolean | null;
export type PropOption = Scalar | { label: string; value: unknown } | { __lv: { label: string; value: unknown } };
/** By the names of the props; handed on as they are. */
export type ConfiguredProps = Record<string, unknown>;

interface PropBase {
  name: string;
  label?: string | null;
  description?: string | null;
  optional?: boolean | null;
  disabled?: boolean | null;
  readOnly?: boolean | null;
  hidden?: boolean | null;
  /** The options come from `components.configure`. */
  remoteOptions?: boolean | null;
  /** The user's search is a `query` of `components.configure`. */
  useQuery?: boolean | null;
  /** A change of it asks `components.reload` for another list of props. */
  reloadProps?: boolean | null;
  /** The value is kept with its label, as {__lv: {label, value}}. */
  withLabel?: boolean | null;
  options?: (PropOption | undefined)[] | null;
}

export interface HttpRequest {
  auth?: { type?: "basic" | "bearer" | "none"; username?: string; password?: string; token?: string };
  body?: { type?: "fields" | "raw"; mode?: "fields" | "raw"; contentType?: string; fields?: NameValue[]; raw?: string };
  headers?: NameValue[];
  params?: NameValue[];
  tab?: string;
  method?: string;
  url?: string;
}
export interface NameValue {
  name: string;
  value: string;
}
export type Timer = { intervalSeconds: number } | { cron: string };
export interface SqlValue {
  value: string;
  query: string;
  params: unknown[];
  usePreparedStatements: boolean;
}

export type ConfigurableProp =
  | (PropBase & { type: "alert"; alertType?: "info" | "neutral" | "warning" | "error" | null; content: string })
  | (PropBase & { type: "any"; default?: unknown })
  | (PropBase & { type: "app"; app: string })
  | (PropBase & { type: "boolean"; default?: boolean | null })
  | (PropBase & { type: "integer"; default?: number | null; min?: number | null; max?: number | null })
  | (PropBase & { type: "integer[]"; default?: number[] | null; min?: number | null; max?: number | null })
  | (PropBase & { type: "string"; default?: string | null; secret?: boolean | null; format?: "file-ref" | null })
  | (PropBase & { type: "string[]"; default?: string[] | null; secret?: boolean | null; format?: "file-ref" | null })
  | (PropBase & { type: "object"; default?: Record<string, unknown> | null })
  | (PropBase & { type: "sql"; default?: Partial<SqlValue> | null; auth?: { app: string } | null })
  | (PropBase & { type: "http_request"; default?: HttpRequest | null })
  | (PropBase & { type: "data_store" })
  | (PropBase & { type: "dir"; accessMode?: "read" | "write" | "read-write" | null; sync?: boolean | null })
  | (PropBase & { type: "$.interface.timer"; default?: Timer | null; static?: Timer | null })
  | (PropBase & { type: "$.interface.http"; customResponse?: boolean | null })
  | (PropBase & { type: "$.interface.apphook"; appProp: string; eventNames?: string[] | null; remote?: boolean | null; static?: unknown[] | null })
  | (PropBase & { type: "$.service.db" })
  | (PropBase & { type: "$.airtable.baseId"; appProp: string })
  | (PropBase & { type: "$.airtable.tableId"; baseIdProp: string })
  | (PropBase & { type: "$.airtable.viewId" | "$.airtable.fieldId"; tableIdProp: string })
  | (PropBase & { type: "$.discord.channel" | "$.discord.channel[]"; appProp?: string });

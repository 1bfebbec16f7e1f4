/**
 * The workspace that this window shows. Its address says which, and each request names it: windows of several stand side
 * by side, and none does in one what was meant for another.
 */
let held = "";

export const holdWorkspace = (id: string) => {
  held = id;
};

export const workspaceHeaders = (): Record<string, string> => (held ? { "x-patchbay-workspace": held } : {});

/** Of an address the project that it is within. */
export const projectOf = (path: string) => /^\/projects\/([^/]+)/.exec(path)?.[1];

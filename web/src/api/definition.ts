import { api, data } from "./client";
import type { Workflow } from "./types";

/**
 * Sends a definition as it was written. Text that begins with a brace is JSON, all else YAML; the API reads it and
 * finds the mistakes, so that console and API never disagree on what is right.
 */
export function sendDefinition(text: string) {
  const json = text.trimStart().startsWith("{");
  return {
    body: text as never,
    bodySerializer: (t: unknown) => t as string,
    headers: { "content-type": json ? "application/json" : "application/yaml" },
  };
}

export function createWorkflow(projectId: string, text: string): Promise<Workflow> {
  return data(api.POST("/projects/{project_id}/workflows", { params: { path: { project_id: projectId } }, ...sendDefinition(text) }));
}

/** Replaces the draft, if the workflow is as it was at that time. */
export function updateWorkflow(projectId: string, workflowId: string, text: string, since?: string): Promise<Workflow> {
  return data(
    api.PUT("/projects/{project_id}/workflows/{workflow_id}", {
      params: { path: { project_id: projectId, workflow_id: workflowId }, query: { unchanged_since: since } },
      ...sendDefinition(text),
    }),
  );
}

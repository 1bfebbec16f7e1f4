/** Where a file of one's own begins: the least that an app needs. */
export const blankApp = `schema: app/v1
slug: our_app
name: Our app
description: What users do with it, in one sentence.
categories: [crm]
hosts:
  production: {api: 'https://api.example.com'}
auth:
  - id: api_key
    type: key
    title: Use an API key
    inputs:
      api_key: {kind: secret, ask: {title: API key, help: Where a user finds it.}}
inject:
  api_key: {in: header, name: Authorization, value: 'Bearer {{ input.api_key }}'}
identity: {request: {get: '{{ host.api }}/me'}, id: /id, name: /name}
sources: [{about: authentication, url: 'https://example.com/docs'}]
`;

/** The slug that a file names, or "" while it names none. */
export function slugOf(source: string): string {
  return /^slug:\s*['"]?([a-z0-9_]+)['"]?\s*(?:#.*)?$/m.exec(source)?.[1] ?? "";
}

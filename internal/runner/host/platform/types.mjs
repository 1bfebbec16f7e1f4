// What `@pipedream/types` offers: the identity, for the sake of editors.

export const defineAction = (component) => component;
export const defineSource = (component) => component;
export const defineApp = (app) => app;
export const defineComponent = (component) => component;

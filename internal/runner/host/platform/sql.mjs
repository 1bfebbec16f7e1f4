// What apps of databases take over.

import { ConfigurationError } from "./errors.mjs";

/** A prop for a statement, and what makes arguments for executeQuery of it. */
export const sqlProp = {
  propDefinitions: {
    sql: { type: "sql", label: "SQL", description: "The statement that is to be run." },
  },
  methods: {
    /** What was filled in, as executeQuery of the app takes it. */
    executeQueryAdapter(sql = {}) {
      return sql;
    },
    async executeQuery() {
      throw new ConfigurationError("The app does not say how a statement is run.");
    },
    async getSchema() {
      throw new ConfigurationError("The app does not say which tables there are.");
    },
  },
};

/** For databases that are reached through a proxy: here they are reached directly. */
export const sqlProxy = {
  methods: {
    getClientConfiguration() {
      throw new ConfigurationError("The app does not say how its database is reached.");
    },
    executeQueryAdapter(sql = {}) {
      return sql;
    },
  },
};

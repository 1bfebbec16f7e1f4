// Package check holds what stands in deploy/ against the tools' own readers: the
// Helm chart, the compose file, the units, packages and the Terraform example.
// It is a module of its own, so that the server depends on none of these.
package check

// Package workflows holds examples of workflows, a document each. They are what
// templates are made of, and each is applied and run by a test.
package workflows

import "embed"

// Files are the documents.
//
//go:embed *.yaml
var Files embed.FS

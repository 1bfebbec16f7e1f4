// Package web carries the built console. Its rule: it holds files and nothing else; api/console serves them.
package web

import "embed"

// Dist is the console as `npm run build` left it in dist. Without a build it holds dist/.keep only, so that
// the module compiles without Node.
//
//go:embed all:dist
var Dist embed.FS

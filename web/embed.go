// Package web carries the built console, the built connect page and the built documentation. Its rule: it holds files and nothing
// else; api/console and api/hosted serve them.
package web

import "embed"

// Dist is the console as `npm run build` left it in dist. Without a build it holds dist/.keep only, so that
// the module compiles without Node.
//
//go:embed all:dist
var Dist embed.FS

// Docs are the pages of the documentation, as docs/build.mjs left them in docs/dist. Without a build it holds
// .keep only.
//
//go:embed all:docs/dist
var Docs embed.FS

// Connect is the connect page: what `npm run build` left in connect/dist, if it ran, and the words of the
// page in each language.
//
//go:embed all:connect/dist connect/locales
var Connect embed.FS

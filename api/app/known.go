package app

import (
	"sync"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// known builds what knows which components there are: those that ship are read when
// they are first asked for, or in the back of a server that begins.
func (a *App) known(apps *appfile.Service, blobs *blob.Store) {
	a.bundles = &bundle.Store{DB: a.db, Dir: a.config.componentDir(), Blobs: blobs, Now: a.clock.Now}
	shipped := sync.OnceValue(func() *component.Registry { return shipped(apps.Shipped, a.config.Code...) })
	a.usage = &usage.Service{DB: a.db, Keep: a.config.UsageKeep, Apps: func() map[string]string { return appsOfTriggers(shipped()) }, Now: a.clock.Now}
	a.components = &registry.Service{DB: a.db, Apps: apps, Shipped: shipped, Bundles: a.bundles, Now: a.clock.Now}
}

// shipped are the components of the apps that there are, without the examples that
// stand in their files: nobody plays them here. That each file can be read, tests
// have shown.
func shipped(apps *catalog.Catalog, more ...*component.Component) *component.Registry {
	files, err := component.Shipped()
	if err != nil {
		panic(err)
	}
	all := more
	for _, c := range files {
		if _, err := apps.Get(c.App); c.App != "" && err != nil {
			continue
		}
		one := *c
		if c.Operation != nil {
			o := *c.Operation
			o.Examples = nil
			one.Operation = &o
		}
		all = append(all, &one)
	}
	return component.NewRegistry(all)
}

// appsOfTriggers are the slugs of apps by the keys of their triggers.
func appsOfTriggers(r *component.Registry) map[string]string {
	out := map[string]string{}
	for _, c := range r.List(component.Filter{Type: component.Trigger}) {
		out[c.Key] = c.App
	}
	return out
}

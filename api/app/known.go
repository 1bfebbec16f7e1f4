package app

import (
	"sync"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/registry"
)

// known builds what knows which components there are: those that ship are read when
// they are first asked for, or in the back of a server that begins.
func (a *App) known(apps *appfile.Service, blobs *blob.Store) {
	a.bundles = &bundle.Store{DB: a.db, Dir: a.config.componentDir(), Blobs: blobs, Now: a.clock.Now}
	shipped := sync.OnceValue(func() *component.Registry { return shipped(apps.Shipped, a.config.Code...) })
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
